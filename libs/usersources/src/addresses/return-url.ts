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

/** Scheme, host and port exactly; the path exactly, or from its start where the pattern ends in a star. */
export function isListed(to: string, patterns: readonly string[]): boolean {
  if (!URL.canParse(to)) return false;
  const asked = new URL(to);
  if (asked.username !== '' || asked.password !== '') return false;
  return patterns.some((pattern) => {
    const allowed = new URL(withoutStar(pattern));
    if (asked.protocol !== allowed.protocol || asked.host !== allowed.host) return false;
    return pattern.endsWith('/*') ? asked.pathname.startsWith(allowed.pathname) : asked.pathname === allowed.pathname;
  });
}

/** The star stands behind a slash only: `/help*` would let `/helpful-attacker` in. */
const withoutStar = (pattern: string): string => (pattern.endsWith('/*') ? pattern.slice(0, -1) : pattern);
