/** A path of ours to return to, or nothing: never another site, whatever the browser makes of slashes. */
export function pathOfOurs(value: string | undefined, origin: string): string | undefined {
  if (value === undefined || value.length > 2048 || !/^\/(?![/\\])[\x21-\x7e]*$/.test(value) || value.includes('\\')) {
    return undefined;
  }
  return URL.canParse(value, origin) && new URL(value, origin).origin === origin ? value : undefined;
}
