import type { AudiencePolicy } from '@passbroker/model';
import { endOf, isOver, lifetime, type BrowserSession } from './session-record.js';

const AT = Date.parse('2026-03-01T09:00:00Z');
const HOUR = 3_600_000;
const policy: Pick<AudiencePolicy, 'idleSec' | 'absoluteSec'> = { idleSec: 8 * 3_600, absoluteSec: 12 * 3_600 };
const session = (upstream?: BrowserSession['upstream']): Parameters<typeof isOver>[0] => ({
  createdAt: AT,
  lastSeen: AT,
  ...(upstream && { upstream }),
});
const until = (ms: number) => ({ subject: 's', until: ms, kept: {} });

describe('when a session is over', () => {
  it('is when policy says so, while the upstream says nothing or something later', () => {
    expect(endOf(session(), policy)).toBe(AT + 12 * HOUR);
    expect(endOf(session({ subject: 's', kept: {} }), policy)).toBe(AT + 12 * HOUR);
    expect(endOf(session(until(AT + 24 * HOUR)), policy)).toBe(AT + 12 * HOUR);
  });

  it('is earlier when the upstream wants it over earlier', () => {
    const short = session(until(AT + HOUR));
    expect(endOf(short, policy)).toBe(AT + HOUR);
    expect(isOver(short, policy, AT + HOUR - 1)).toBe(false);
    expect(isOver(short, policy, AT + HOUR)).toBe(true);
    expect(lifetime(short, policy, AT)).toBe(3_600);
  });
});
