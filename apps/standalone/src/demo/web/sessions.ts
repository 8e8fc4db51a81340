import { randomBytes } from 'node:crypto';

const MOST = 1_000;

/**
 * Sessions of a demo site, in memory. Cookies do not know ports, and both sites, like the broker, are on localhost:
 * each site has a cookie name of its own.
 */
export class Sessions<Content> {
  readonly #open = new Map<string, Content>();

  constructor(private readonly cookieName: string) {}

  read(visit: { cookie(name: string): string | undefined }): Content | undefined {
    return this.#open.get(visit.cookie(this.cookieName) ?? '');
  }

  /** Always under a new id, so that nobody can be signed in under an id that somebody else planted. */
  start(visit: { cookie(name: string): string | undefined }, content: Content): string {
    this.#open.delete(visit.cookie(this.cookieName) ?? '');
    const [oldest] = this.#open.keys();
    if (this.#open.size >= MOST && oldest !== undefined) this.#open.delete(oldest);
    const id = randomBytes(24).toString('base64url');
    this.#open.set(id, content);
    return `${this.cookieName}=${id}; Path=/; HttpOnly; SameSite=Lax`;
  }

  end(visit: { cookie(name: string): string | undefined }): string {
    this.#open.delete(visit.cookie(this.cookieName) ?? '');
    return `${this.cookieName}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`;
  }

  endWhere(matches: (content: Content) => boolean): void {
    for (const [id, content] of this.#open) if (matches(content)) this.#open.delete(id);
  }
}
