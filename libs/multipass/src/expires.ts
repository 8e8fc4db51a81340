/**
 * The formats that scripts were seen to send, and nothing else: PHP and Ruby ISO 8601, Java without seconds or colon,
 * Python without zone, JavaScript milliseconds, .NET's seven digits, Ruby's Time#to_s, IdeaScale's. A lenient date
 * parser would guess at the rest, and a wrong guess is a token that lives for a day too long.
 */
const ISO_LIKE =
  /^(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)[T ](?<hour>\d\d):(?<minute>\d\d)(?::(?<second>\d\d)(?:\.(?<fraction>\d{1,9}))?)?(?: ?(?<zone>Z|UTC|[+-]\d\d:?\d\d))?$/;

/** Tender's published example, strftime `%a %b %d %H:%M:%S %Z %Y`. Zone names other than UTC have no one meaning. */
const STRFTIME =
  /^(?<weekday>Sun|Mon|Tue|Wed|Thu|Fri|Sat) (?<monthName>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (?<day>[ \d]\d) (?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d) (?<zone>UTC|GMT|[+-]\d{4}) (?<year>\d{4})$/;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

export function parseExpires(text: string): Date | undefined {
  const groups = ISO_LIKE.exec(text)?.groups;
  return groups && instant(groups, Number(groups['month']) - 1);
}

export function parseTenderExpires(text: string): Date | undefined {
  const groups = STRFTIME.exec(text)?.groups;
  if (!groups) return parseExpires(text);
  const month = MONTHS.indexOf(groups['monthName'] ?? '');
  const weekday = new Date(Date.UTC(Number(groups['year']), month, Number(groups['day']))).getUTCDay();
  return WEEKDAYS[weekday] === groups['weekday'] ? instant(groups, month) : undefined;
}

function instant(groups: Record<string, string | undefined>, month: number): Date | undefined {
  const number = (name: string): number => Number(groups[name] ?? 0);
  const [year, day, hour, minute, second] = [
    number('year'),
    number('day'),
    number('hour'),
    number('minute'),
    number('second'),
  ];
  const milliseconds = Number((groups['fraction'] ?? '').padEnd(3, '0').slice(0, 3));
  const wall = new Date(Date.UTC(year, month, day, hour, minute, second, milliseconds));
  // 30 February, 24:00 and second 60 roll over; whoever wrote them meant something we do not know.
  const real =
    wall.getUTCFullYear() === year &&
    wall.getUTCMonth() === month &&
    wall.getUTCDate() === day &&
    wall.getUTCHours() === hour &&
    wall.getUTCMinutes() === minute &&
    wall.getUTCSeconds() === second;
  const offset = offsetMinutes(groups['zone']);
  return real && offset !== undefined ? new Date(wall.getTime() - offset * 60_000) : undefined;
}

/** No zone means UTC: right for Python's naive utcnow, and the only reading that does not depend on a machine. */
function offsetMinutes(zone: string | undefined): number | undefined {
  const parts = /^([+-])(\d\d):?(\d\d)$/.exec(zone ?? 'Z');
  if (!parts) return 0;
  const [hours, minutes] = [Number(parts[2]), Number(parts[3])];
  if (hours > 14 || minutes > 59) return undefined;
  return (hours * 60 + minutes) * (parts[1] === '-' ? -1 : 1);
}
