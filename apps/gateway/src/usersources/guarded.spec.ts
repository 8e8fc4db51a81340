import { Circuit } from './circuit.js';
import { guarded, TIMEOUTS } from './guarded.js';
import type { Usersource } from '@passbroker/usersources';

const REPLY = { method: 'POST', rawQuery: '', fields: {}, remoteAddress: '::1' } as const;

/** A usersource whose sign-ins end when they are told to. */
function slow() {
  const waiting: (() => void)[] = [];
  const usersource: Usersource & { closed: number } = {
    closed: 0,
    begin: async () => ({ go: 'form', form: 'password', carry: {} }),
    finish: () =>
      new Promise((resolve) =>
        waiting.push(() =>
          resolve({ usersource: 's', subject: '1', claims: {}, said: {}, authenticatedAt: new Date(0), methods: [] }),
        ),
      ),
    probe: async () => ({ state: 'ok', steps: [] }),
    close() {
      usersource.closed += 1;
    },
  };
  return { usersource, end: () => waiting.shift()?.() };
}

const ended = () => new Promise((resolve) => setImmediate(resolve));
const circuit = () => new Circuit('s', () => undefined);

describe('a usersource under its circuit', () => {
  it('is closed after the calls that are under way, not under them', async () => {
    const { usersource, end } = slow();
    const guard = guarded(usersource, circuit());
    const [one, two] = [guard.finish(REPLY, {}), guard.finish(REPLY, {})];
    await ended();
    guard.close?.();
    end();
    await one;
    expect(usersource.closed).toBe(0);
    end();
    await two;
    await ended();
    expect(usersource.closed).toBe(1);
  });

  it('is closed at once when nobody calls it, and again after somebody who came late', async () => {
    const { usersource, end } = slow();
    const guard = guarded(usersource, circuit());
    guard.close?.();
    expect(usersource.closed).toBe(1);
    const late = guard.finish(REPLY, {});
    await ended();
    expect(usersource.closed).toBe(1);
    end();
    expect(await late).toMatchObject({ subject: '1' });
    await ended();
    expect(usersource.closed).toBe(2);
  });

  it('is not closed under a call that nobody waits for any more', async () => {
    const { usersource, end } = slow();
    const guard = guarded(usersource, circuit(), { ...TIMEOUTS, finish: 20 });
    await expect(guard.finish(REPLY, {})).rejects.toMatchObject({ code: 'usersource.unreachable' });
    guard.close?.();
    expect(usersource.closed).toBe(0);
    end();
    await ended();
    expect(usersource.closed).toBe(1);
  });

  it('has no close where there is nothing to close', () => {
    const { usersource } = slow();
    const { close: _close, ...open } = usersource;
    expect(guarded(open, circuit()).close).toBeUndefined();
    expect(guarded(usersource, circuit()).close).toBeDefined();
  });
});
