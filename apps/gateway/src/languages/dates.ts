/** We do not know where the reader is: the time is told with its zone, and the page says it in theirs to machines. */
const MOMENT: Intl.DateTimeFormatOptions = {
  year: 'numeric',
  month: 'long',
  day: 'numeric',
  hour: 'numeric',
  minute: '2-digit',
  timeZone: 'UTC',
  timeZoneName: 'short',
};
const DAY: Intl.DateTimeFormatOptions = { dateStyle: 'long', timeZone: 'UTC' };

/** Making a format costs a thousand times what using it does. */
const made = new Map<string, Intl.DateTimeFormat>();

function format(lang: string, kind: 'day' | 'moment'): Intl.DateTimeFormat {
  const key = `${lang} ${kind}`;
  const known = made.get(key) ?? new Intl.DateTimeFormat(lang, kind === 'day' ? DAY : MOMENT);
  made.set(key, known);
  return known;
}

export const dayIn = (lang: string, date: Date): string => format(lang, 'day').format(date);
export const momentIn = (lang: string, date: Date): string => format(lang, 'moment').format(date);
