import type { TLSSocket } from 'node:tls';
import {
  BindRequest,
  ExtendedRequest,
  ModifyRequest,
  PagedResultsControl,
  PasswordPolicyControl,
  SearchRequest,
  UnbindRequest,
  type Change,
  type Control,
  type Filter,
} from 'ldapts';
import { elements, header, integer, MalformedAnswer, text, type Element } from './ber.js';
import { Entry } from './entry.js';
import { readPasswordPolicy, type PasswordPolicy } from './password-policy.js';
import { ConnectionLost, DirectoryRefused } from './trouble.js';

/** One answer; a directory photo fits, a flood does not. */
const MAX_MESSAGE_BYTES = 1 << 20;
/** All answers to one question. */
const MAX_ANSWER_BYTES = 8 << 20;

const ANSWERS = { bind: 0x61, search: 0x65, modify: 0x67, extended: 0x78 } as const;
const ENTRY = 0x64;
const REFERRAL = 0x73;

interface Result {
  code: number;
  diagnostic: string;
  controls: ReadonlyMap<string, Buffer>;
  entries: Entry[];
}

interface Waiting {
  answer: number;
  entries: Entry[];
  bytes: number;
  maxEntries: number;
  settle: (result: Result | Error) => void;
}

interface Request {
  write(): Buffer;
}

export interface Query {
  scope: 'base' | 'sub';
  filter: Filter;
  attributes: string[];
  /** More than so many are an error, not a shorter list. */
  max: number;
}

/**
 * LDAP over a socket that is secure already. It ends with its socket: nothing here connects a second time, because a
 * client that quietly does would send the next password in clear after StartTLS (as ldapts' own client would).
 */
export class LdapConnection {
  readonly #waiting = new Map<number, Waiting>();
  #unread: Buffer = Buffer.alloc(0);
  #lastId = 0;
  #ended: Error | undefined;

  constructor(private readonly socket: TLSSocket) {
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
    socket.on('error', (error: Error) => this.#end(new ConnectionLost(`the connection broke: ${error.message}`)));
    socket.on('close', () => this.#end(new ConnectionLost('the directory closed the connection')));
  }

  get open(): boolean {
    return this.#ended === undefined;
  }

  /**
   * @throws DirectoryRefused with the server's code, ConnectionLost. Never with an empty name or password: a server may
   * answer "success" to those and mean nobody (RFC 4513 5.1.2).
   */
  async bind(dn: string, password: string, signal: AbortSignal): Promise<PasswordPolicy> {
    if (dn.trim() === '' || password === '') throw new Error('an anonymous bind was about to pass for a sign-in');
    const result = await this.#ask(
      ANSWERS.bind,
      (messageId) => new BindRequest({ messageId, dn, password, controls: [new PasswordPolicyControl()] }),
      signal,
    );
    const policy = readPasswordPolicy(result.controls);
    if (result.code !== 0) throw new DirectoryRefused('bind', result.code, result.diagnostic, policy);
    return policy;
  }

  /**
   * All entries, page by page. Referrals are not followed: they would carry our password to whoever they name.
   *
   * @throws DirectoryRefused also for partial results (4, 11) and for more than `max`.
   */
  async search(base: string, query: Query, signal: AbortSignal): Promise<Entry[]> {
    const { scope, filter, attributes, max } = query;
    const entries: Entry[] = [];
    let cookie: Buffer | undefined;
    do {
      const size = Math.min(max + 1, 500);
      const page = new PagedResultsControl({ value: { size, ...(cookie && { cookie }) } });
      const controls: Control[] = scope === 'base' ? [] : [page];
      const result = await this.#ask(
        ANSWERS.search,
        (messageId) => new SearchRequest({ messageId, baseDN: base, scope, filter, attributes, controls }),
        signal,
        max - entries.length,
      );
      if (result.code !== 0) throw new DirectoryRefused('search', result.code, result.diagnostic);
      entries.push(...result.entries);
      // A page may be empty and yet have a successor (RFC 2696).
      cookie = nextPage(result.controls);
    } while (cookie);
    return entries;
  }

  /** @throws DirectoryRefused, ConnectionLost */
  async modify(dn: string, changes: Change[], signal: AbortSignal): Promise<void> {
    const result = await this.#ask(
      ANSWERS.modify,
      (messageId) => new ModifyRequest({ messageId, dn, changes }),
      signal,
    );
    if (result.code !== 0) throw new DirectoryRefused('modify', result.code, result.diagnostic);
  }

  /** @throws DirectoryRefused, ConnectionLost */
  async extended(oid: string, value: Buffer, signal: AbortSignal): Promise<void> {
    const controls = [new PasswordPolicyControl()];
    const result = await this.#ask(
      ANSWERS.extended,
      (messageId) => new ExtendedRequest({ messageId, oid, value, controls }),
      signal,
    );
    if (result.code !== 0) {
      const policy = readPasswordPolicy(result.controls);
      throw new DirectoryRefused('extended', result.code, result.diagnostic, policy);
    }
  }

  close(): void {
    if (this.open) this.socket.write(new UnbindRequest({ messageId: ++this.#lastId }).write());
    this.#end(new ConnectionLost('we closed the connection'));
  }

  async #ask(
    answer: number,
    request: (messageId: number) => Request,
    signal: AbortSignal,
    maxEntries = 0,
  ): Promise<Result> {
    if (signal.aborted) throw new ConnectionLost('no time was left');
    if (this.#ended) throw this.#ended;
    const id = ++this.#lastId;
    const late = () => this.#end(new ConnectionLost('the directory did not answer in time'));
    signal.addEventListener('abort', late, { once: true });
    try {
      const result = await new Promise<Result | Error>((settle) => {
        this.#waiting.set(id, { answer, entries: [], bytes: 0, maxEntries, settle });
        this.socket.write(request(id).write());
      });
      if (result instanceof Error) throw result;
      return result;
    } finally {
      this.#waiting.delete(id);
      signal.removeEventListener('abort', late);
    }
  }

  #end(reason: Error): void {
    if (this.#ended) return;
    this.#ended = reason;
    this.socket.destroy();
    for (const { settle } of this.#waiting.values()) settle(reason);
    this.#waiting.clear();
    this.#unread = Buffer.alloc(0);
  }

  #read(bytes: Buffer): void {
    if (this.#ended) return;
    this.#unread = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes]);
    try {
      for (;;) {
        const next = header(this.#unread, 0);
        if (next && (next.tag !== 0x30 || next.length > MAX_MESSAGE_BYTES)) {
          throw new MalformedAnswer('no LDAP message, or a huge one');
        }
        if (!next || this.#unread.length < next.start + next.length) return;
        const message = this.#unread.subarray(next.start, next.start + next.length);
        this.#unread = this.#unread.subarray(next.start + next.length);
        this.#hear(elements(message));
      }
    } catch (error) {
      const why = error instanceof MalformedAnswer ? error.message : 'unreadable';
      this.#end(new ConnectionLost(`the directory's answer cannot be read: ${why}`));
    }
  }

  #hear([id, operation, controls]: Element[]): void {
    const waiting = this.#waiting.get(integer(id));
    if (!operation) throw new MalformedAnswer('a message without an operation');
    if (!waiting) {
      // Message 0 is the server's own: with our questions it has nothing to do, but for "I am closing".
      if (operation.tag !== ANSWERS.extended) throw new MalformedAnswer('an answer to nothing');
      return;
    }
    waiting.bytes += operation.content.length;
    if (waiting.bytes > MAX_ANSWER_BYTES) throw new MalformedAnswer('more than anybody asked for');
    if (waiting.answer === ANSWERS.search && operation.tag === ENTRY) {
      waiting.entries.push(entryOf(operation.content));
      if (waiting.entries.length > waiting.maxEntries) throw new MalformedAnswer('more entries than can be right');
      return;
    }
    if (waiting.answer === ANSWERS.search && operation.tag === REFERRAL) return;
    if (operation.tag !== waiting.answer) throw new MalformedAnswer('an answer to another question');
    const [code, , diagnostic] = elements(operation.content);
    waiting.settle({
      code: integer(code, 0x0a),
      diagnostic: text(diagnostic),
      controls: controlsOf(controls),
      entries: waiting.entries,
    });
  }
}

function entryOf(content: Buffer): Entry {
  const [dn, attributes] = elements(content);
  if (!dn || attributes?.tag !== 0x30) throw new MalformedAnswer('an entry without attributes');
  return new Entry(
    text(dn),
    elements(attributes.content).map(({ content: attribute }) => {
      const [name, values] = elements(attribute);
      // Copies: a view would keep the whole answer alive for one value.
      return [text(name), values ? elements(values.content).map((value) => Buffer.from(value.content)) : []] as const;
    }),
  );
}

function controlsOf(element: Element | undefined): ReadonlyMap<string, Buffer> {
  if (element?.tag !== 0xa0) return new Map();
  return new Map(
    elements(element.content).map(({ content }) => {
      const [type, ...rest] = elements(content);
      return [text(type), rest.find(({ tag }) => tag === 0x04)?.content ?? Buffer.alloc(0)] as const;
    }),
  );
}

function nextPage(controls: ReadonlyMap<string, Buffer>): Buffer | undefined {
  const value = controls.get(PagedResultsControl.type);
  if (!value) return undefined;
  const [, cookie] = elements(elements(value)[0]?.content ?? Buffer.alloc(0));
  return cookie && cookie.content.length > 0 ? Buffer.from(cookie.content) : undefined;
}
