import { malformed } from './envelope.js';

const WRITTEN = /^(\d{4})-(\d{2})-(\d{2})-(\d{2})\.(\d{2})\.(\d{2})(?:\.(\d{3})\d{3})?$/;

/**
 * A token says no time zone. Oracle calls it GMT; what is seen in the field fits the database's base time zone better,
 * so that it is a setting. The hour that is told twice in autumn counts as the earlier one: a token may then be refused,
 * but none lives an hour longer.
 * @param timeZone IANA name
 * @throws Refusal upstream.malformed for a time that no clock showed
 */
export function issueTime(written: string, timeZone: string): Date {
  const parts = WRITTEN.exec(written);
  if (!parts) throw malformed('its issue time is not written as one');
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, milli = 0] = parts
    .slice(1)
    .map((part) => Number(part ?? 0));
  const asIfUtc = new Date(Date.UTC(year, month - 1, day, hour, minute, second, milli));
  if (
    asIfUtc.toISOString().slice(0, 19) !==
    written
      .slice(0, 19)
      .replace(/-(?=\d\d\.)/, 'T')
      .replaceAll('.', ':')
  ) {
    throw malformed('its issue time is in no calendar');
  }
  if (timeZone === 'UTC') return asIfUtc;
  const moments = [-1, 0, 1]
    .map((days) => asIfUtc.getTime() - offsetAt(asIfUtc.getTime() + days * DAY_MS, timeZone))
    .filter((moment) => moment + offsetAt(moment, timeZone) === asIfUtc.getTime());
  if (moments.length === 0) throw malformed('its issue time was skipped by the clocks');
  return new Date(Math.min(...moments));
}

const DAY_MS = 86_400_000;

/** How far that zone's clocks are before UTC at a moment. */
function offsetAt(moment: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(moment);
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  const shown = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
  return shown - Math.floor(moment / 1_000) * 1_000;
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
