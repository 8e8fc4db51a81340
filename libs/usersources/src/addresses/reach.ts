import { lookup as ask } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { Refusal } from '@passbroker/model';
import type { MayReach } from '@passbroker/platform';

/**
 * The address of a host that somebody configured, judged (invariant 9): whoever may write settings, or answer for a name
 * in them, must not have us talk to the machine's own credentials or to our own stores. Connect to what this returns and
 * not to the name, which may have another address by then. One forbidden answer among others is refused too.
 *
 * @throws Refusal usersource.misconfigured; what the resolver throws
 */
export async function addressOf(host: string, mayReach: MayReach): Promise<string> {
  if (isIP(host) !== 0) return judged(host, [host], mayReach);
  const found = await lookup(host, { all: true });
  return judged(
    host,
    found.map(({ address }) => address),
    mayReach,
  );
}

/**
 * The same for `net.connect`, which then tries all addresses of a name. It does not ask about a host that is an address:
 * that is judged here at once.
 */
export function lookupWithin(host: string, mayReach: MayReach): LookupFunction {
  if (isIP(host) !== 0) judged(host, [host], mayReach);
  return (name, options, callback) =>
    ask(name, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, '', 0);
      try {
        judged(
          name,
          found.map(({ address }) => address),
          mayReach,
        );
      } catch (refusal) {
        return callback(refusal instanceof Refusal ? refusal : new Error('not judged'), '', 0);
      }
      const [first] = found;
      if (options.all || !first) return callback(null, found);
      callback(null, first.address, first.family);
    });
}

function judged(host: string, addresses: readonly string[], mayReach: MayReach): string {
  const [first] = addresses;
  const forbidden = addresses.find((address) => !mayReach(address));
  if (first === undefined || forbidden !== undefined) {
    throw new Refusal('usersource.misconfigured', `${host} leads to ${forbidden ?? 'no address'}: nobody may go there`);
  }
  return first;
}
