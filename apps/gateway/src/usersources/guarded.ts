import type { Usersource } from '@passbroker/usersources';
import { CallsUnderWay } from './calls-under-way.js';
import type { Circuit } from './circuit.js';

/**
 * How long a call may take, in ms. A little more than the types' own time-outs, which tell more of what went wrong;
 * somebody waits at a page meanwhile.
 */
export const TIMEOUTS = { begin: 5_000, finish: 8_000, end: 5_000, metadata: 5_000, change: 10_000, probe: 20_000 };

/** The same usersource, every call into it under its circuit. */
export function guarded(usersource: Usersource, circuit: Circuit, timeouts = TIMEOUTS): Usersource {
  const { hears, watched } = usersource;
  const calls = new CallsUnderWay();
  const call = <T>(what: string, ms: number, work: () => Promise<T>): Promise<T> =>
    circuit.call(what, ms, () => calls.run(work));
  // A door that the type does not have must not be there either: the host asks whether it is.
  const end = usersource.end?.bind(usersource);
  const ended = usersource.ended?.bind(usersource);
  const metadata = usersource.metadata?.bind(usersource);
  const changePassword = usersource.changePassword?.bind(usersource);
  const close = usersource.close?.bind(usersource);
  return {
    ...(hears && { hears }),
    ...(watched !== undefined && { watched }),
    begin: (...asked) => call('begin', timeouts.begin, () => usersource.begin(...asked)),
    finish: (...asked) => call('finish', timeouts.finish, () => usersource.finish(...asked)),
    ...(end && { end: (...asked) => call('end', timeouts.end, () => end(...asked)) }),
    ...(ended && { ended: (...asked) => call('ended', timeouts.end, () => ended(...asked)) }),
    ...(metadata && { metadata: () => call('metadata', timeouts.metadata, () => metadata()) }),
    ...(changePassword && {
      changePassword: (...asked) => call('changePassword', timeouts.change, () => changePassword(...asked)),
    }),
    probe: (...asked) => calls.run(() => usersource.probe(...asked)),
    ...(close && { close: () => calls.afterwards(close) }),
  };
}
