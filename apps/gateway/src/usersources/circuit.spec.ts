import { Refusal } from '@passbroker/model';
import { Circuit, type CircuitLimits } from './circuit.js';

const LIMITS: CircuitLimits = { concurrent: 4, queued: 2, outages: 5, silenceMs: 40, pauseMs: 60, longestPauseMs: 120 };
const away = () => Promise.reject(new Refusal('usersource.unreachable', 'connection refused'));
const silence = () => new Promise<never>(() => undefined);
const answer = () => Promise.resolve('answer');
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function start(limits: Partial<CircuitLimits> = {}) {
  const turns: string[] = [];
  const circuit = new Circuit('corp', (state, detail) => turns.push(`${state}: ${detail}`), { ...LIMITS, ...limits });
  const called = async (work: () => Promise<unknown>, ms = 50): Promise<string> => {
    try {
      return String(await circuit.call('finish', ms, work));
    } catch (error) {
      return error instanceof Refusal ? `${error.code} ${error.detail}` : String(error);
    }
  };
  const many = (times: number, work: () => Promise<unknown>) =>
    Promise.all(Array.from({ length: times }, () => called(work)));
  return { circuit, turns, called, many };
}

describe('a circuit', () => {
  it('opens at the fifth outage in a row, and answers at once from then on', async () => {
    const { circuit, turns, called } = start();
    for (let time = 0; time < 4; time += 1) await called(away);
    expect(circuit.isOpen).toBe(false);
    await called(away);
    expect(circuit.isOpen).toBe(true);
    let asked = 0;
    expect(
      await called(() => {
        asked += 1;
        return answer();
      }),
    ).toMatch(/^usersource\.unreachable corp is left alone for a moment: finish: connection refused/);
    expect({ asked, turns }).toEqual({ asked: 0, turns: ['down: finish: connection refused'] });
  });

  it('never opens for refused people, nor for bugs of ours, however many', async () => {
    const { circuit, called } = start();
    for (let time = 0; time < 40; time += 1) {
      expect(await called(() => Promise.reject(new Refusal('password.wrong', 'wrong')))).toBe('password.wrong wrong');
      expect(await called(() => Promise.reject(new TypeError('a bug')))).toBe('TypeError: a bug');
    }
    expect(circuit.isOpen).toBe(false);
  });

  it('takes a refused person for an answer: four outages, one wrong password, four outages', async () => {
    const { circuit, called } = start();
    for (let time = 0; time < 4; time += 1) await called(away);
    await called(() => Promise.reject(new Refusal('password.wrong', 'wrong')));
    for (let time = 0; time < 4; time += 1) await called(away);
    expect(circuit.isOpen).toBe(false);
    await called(away);
    expect(circuit.isOpen).toBe(true);
  });

  it('opens at the first silence that nobody’s success contradicts', async () => {
    const { circuit, called } = start();
    expect(await called(silence)).toBe('usersource.unreachable corp: finish: no answer within 50 ms');
    expect(circuit.isOpen).toBe(true);
  });

  it('takes an outage for a silence when it came late, whoever’s time-out it was', async () => {
    const { circuit, called } = start({ silenceMs: 20 });
    await called(away);
    expect(circuit.isOpen).toBe(false);
    expect(await called(() => wait(30).then(away))).toMatch(/connection refused/);
    expect(circuit.isOpen).toBe(true);
  });

  it('stays closed for one who waits in vain while others are answered', async () => {
    const { circuit, called } = start();
    const slow = called(silence);
    await wait(10);
    expect(await called(answer)).toBe('answer');
    expect(await slow).toMatch(/no answer/);
    expect(circuit.isOpen).toBe(false);
  });

  it('knows an outage by what sockets say', async () => {
    const { circuit, called } = start();
    const refused = () => Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
    for (let time = 0; time < 5; time += 1) await called(refused);
    expect(circuit.isOpen).toBe(true);
  });

  it('lets only so many in at once, and tells the rest so, which is no outage', async () => {
    const { circuit, many } = start();
    let within = 0;
    let most = 0;
    const told = await many(20, async () => {
      most = Math.max(most, (within += 1));
      await wait(10);
      within -= 1;
      return 'answer';
    });
    expect(most).toBe(4);
    expect(told.filter((one) => one === 'answer')).toHaveLength(6);
    expect(told.filter((one) => one === 'usersource.busy too many ask corp at once')).toHaveLength(14);
    expect(circuit.isOpen).toBe(false);
  });

  it('turns away at once whoever waited for their turn when it opened', async () => {
    const { many } = start();
    const began = performance.now();
    const told = await many(6, silence);
    expect(performance.now() - began).toBeLessThan(95);
    expect(told.filter((one) => one.startsWith('usersource.unreachable corp: finish'))).toHaveLength(4);
    expect(told.filter((one) => one.includes('left alone'))).toHaveLength(2);
  });

  it('closes by itself: after the pause one tries, and all others are answered at once meanwhile', async () => {
    const { circuit, turns, called, many } = start({ longestPauseMs: 60 });
    await called(silence);
    await wait(130);
    let tried = 0;
    const trial = called(async () => {
      tried += 1;
      await wait(30);
      return 'answer';
    });
    const began = performance.now();
    expect(await many(3, answer)).toEqual(Array(3).fill(expect.stringContaining('left alone')));
    expect(performance.now() - began).toBeLessThan(25);
    expect(await trial).toBe('answer');
    expect({ tried, open: circuit.isOpen }).toEqual({ tried: 1, open: false });
    expect(turns.at(-1)).toBe('ok: answers again');
    expect(await many(3, answer)).toEqual(['answer', 'answer', 'answer']);
  });

  it('learns nothing from calls that began before it opened: what they meet is known already', async () => {
    const { circuit, turns, called, many } = start({ concurrent: 10, outages: 3, longestPauseMs: 60 });
    const late = (ms: number) => called(() => wait(ms).then(away), 1_000);
    const first = called(silence);
    // One ends while somebody tries whether it is back, three when it is.
    const others = Promise.all([late(200), late(320), late(320), late(320)]);
    await first;
    await wait(100);
    expect(await called(() => wait(100).then(answer), 1_000)).toBe('answer');
    expect(await others).toEqual(Array(4).fill(expect.stringContaining('connection refused')));
    expect([circuit.isOpen, turns.length]).toEqual([false, 2]);
    await many(3, away);
    expect(circuit.isOpen).toBe(true);
  });

  it('stays open when who tries meets the same', async () => {
    const { circuit, called } = start({ longestPauseMs: 60 });
    await called(silence);
    await wait(130);
    expect(await called(away)).toMatch(/connection refused/);
    expect(circuit.isOpen).toBe(true);
    expect(await called(answer)).toMatch(/left alone/);
  });
});
