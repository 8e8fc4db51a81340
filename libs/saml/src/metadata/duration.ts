const DURATION =
  /^P(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,9})M)?(?:(\d{1,10})(?:\.\d+)?S)?)?$/;
const DAY = 86_400;

/** xs:duration in seconds, a month taken as 30 days; undefined for none and for what is no duration. */
export function secondsOf(duration: string | undefined): number | undefined {
  const match = duration === undefined ? null : DURATION.exec(duration);
  if (!match || duration === 'P') return undefined;
  const [years, months, days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
  return (
    (years ?? 0) * 365 * DAY +
    (months ?? 0) * 30 * DAY +
    (days ?? 0) * DAY +
    (hours ?? 0) * 3600 +
    (minutes ?? 0) * 60 +
    (seconds ?? 0)
  );
}
