import { BlockList, isIP } from 'node:net';

/** A set of addresses. An empty list means everywhere; a list of nothing but nonsense means nowhere. */
export interface Networks {
  includes(ip: string): boolean;
  /** False when no address in the world is in it. */
  reachable: boolean;
}

const EVERYWHERE: Networks = { includes: () => true, reachable: true };

export function networks(list: readonly string[]): Networks {
  if (list.length === 0) return EVERYWHERE;
  const members = new BlockList();
  // Fail closed: an entry that cannot be read matches nobody, it does not widen the list.
  const reachable = list.map((entry) => add(members, entry)).some(Boolean);
  return {
    reachable,
    includes(ip) {
      const address = plainAddress(ip);
      const family = isIP(address);
      return family !== 0 && members.check(address, family === 4 ? 'ipv4' : 'ipv6');
    },
  };
}

export function isNetwork(entry: string): boolean {
  return add(new BlockList(), entry);
}

function add(members: BlockList, entry: string): boolean {
  const [address = '', prefix, ...rest] = entry.trim().split('/');
  const family = isIP(address);
  if (family === 0 || address.includes('%') || rest.length > 0) return false;
  const bits = family === 4 ? 32 : 128;
  if (prefix !== undefined && !/^\d{1,3}$/.test(prefix)) return false;
  const length = prefix === undefined ? bits : Number(prefix);
  if (length > bits) return false;
  members.addSubnet(address, length, family === 4 ? 'ipv4' : 'ipv6');
  return true;
}

/** A dual-stack socket reports an IPv4 visitor as `::ffff:10.0.0.1`, and a link-local one with a zone. */
function plainAddress(ip: string): string {
  const withoutZone = ip.split('%', 1)[0] ?? '';
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(withoutZone);
  return mapped?.[1] ?? withoutZone;
}
