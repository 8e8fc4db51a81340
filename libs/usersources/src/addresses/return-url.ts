/**
 * Where a Multipass may send the person afterwards. Scripts often copy `to` from the visitor's own query,
 * so it is an attacker's wish as much as the company's: only listed places are visited.
 */
export function isPattern(pattern: string): boolean {
  if (!/^https?:\/\//.test(pattern) || /[\s\\?#]/.test(pattern)) return false;
  const prefix = withoutStar(pattern);
  if (prefix.includes('*') || !URL.canParse(prefix)) return false;
  const { username, password, href } = new URL(prefix);
  // Written as browsers read it, so that the admin sees what will be compared.
  return username === '' && password === '' && (href === prefix || href === `${prefix}/`);
}

/**
 * Scheme, host and port exactly; the path exactly, or from its start where the pattern ends in a star.
 *
 * @returns the address as it was judged: `https://us.test\@evil.test/` is ours to one parser and evil's to another, so
 *   that the text itself must not be passed on
 */
export function listedAddress(to: string | undefined, patterns: readonly string[]): string | undefined {
  if (to === undefined || !URL.canParse(to)) return undefined;
  const asked = new URL(to);
  if (asked.username !== '' || asked.password !== '') return undefined;
  const listed = patterns.some((pattern) => {
    const allowed = new URL(withoutStar(pattern));
    if (asked.protocol !== allowed.protocol || asked.host !== allowed.host) return false;
    return pattern.endsWith('/*') ? asked.pathname.startsWith(allowed.pathname) : asked.pathname === allowed.pathname;
  });
  return listed ? asked.href : undefined;
}

/** The star stands behind a slash only: `/help*` would let `/helpful-attacker` in. */
const withoutStar = (pattern: string): string => (pattern.endsWith('/*') ? pattern.slice(0, -1) : pattern);
