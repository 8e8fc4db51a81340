import { createHash } from 'node:crypto';
import { sameBytes } from './constant-time.js';
import { fromBase64 } from './encodings.js';
import { UnreadableHash, type StoredHash } from './stored-hash.js';

const ALGORITHMS = { md5: 16, sha1: 20, sha256: 32, sha384: 48, sha512: 64 } as const;
type Algorithm = keyof typeof ALGORITHMS;

type Piece =
  | { is: 'text'; text: string }
  | { is: 'value'; name: TemplateValue; wide: boolean }
  | { is: 'digest'; algorithm: Algorithm; of: Piece[] };

export type TemplateValue = 'password' | 'salt' | 'username' | 'pepper';
export type TemplateValues = Readonly<Record<Exclude<TemplateValue, 'password'>, string>>;

export interface DigestTemplate {
  uses(value: TemplateValue): boolean;
  /** Reads one stored digest, hexadecimal or Base64; `hash:salt` where the template has a salt and no column gives one. */
  read(stored: string, values: TemplateValues): StoredHash;
}

const NESTED_MOST = 8;

/**
 * How a site of one's own made its digests, written as a formula: `sha1({salt}{password})`,
 * `md5(md5({salt})md5({password}))`, `sha256({password:utf16le})`. An inner digest counts in hexadecimal, as in PHP.
 *
 * @throws UnreadableHash when it is no such formula, or has no password in it
 */
export function digestTemplate(text: string): DigestTemplate {
  const parser = new Parser(text);
  const root = parser.digest();
  if (!parser.done) throw new UnreadableHash('the template goes on after its last bracket');
  if (!parser.seen.has('password')) throw new UnreadableHash('the template does not contain {password}');
  const salted = parser.seen.has('salt');
  return {
    uses: (value) => parser.seen.has(value),
    read: (stored, values) => {
      const inCell = salted && values.salt === '' ? stored.indexOf(':') : -1;
      const salt = inCell < 0 ? values.salt : stored.slice(inCell + 1);
      if (salted && salt === '') throw new UnreadableHash('the template has a salt, and the row has none');
      const digest = digestBytes(inCell < 0 ? stored : stored.slice(0, inCell), ALGORITHMS[root.algorithm]);
      return {
        scheme: text,
        weak: true,
        verify: async (password) => sameBytes(compute(root, { ...values, salt, password }), digest),
      };
    },
  };
}

function compute(digest: Piece & { is: 'digest' }, values: Readonly<Record<TemplateValue, string>>): Buffer {
  const hash = createHash(digest.algorithm);
  for (const piece of digest.of) {
    if (piece.is === 'text') hash.update(piece.text);
    else if (piece.is === 'digest') hash.update(compute(piece, values).toString('hex'));
    else hash.update(values[piece.name], piece.wide ? 'utf16le' : 'utf8');
  }
  return hash.digest();
}

/** Anything of another length is another scheme, and comparing it would call every right password wrong. */
function digestBytes(stored: string, size: number): Buffer {
  if (stored.length === 2 * size && /^[0-9a-f]+$/i.test(stored)) return Buffer.from(stored, 'hex');
  const bytes = fromBase64(stored, 'the digest');
  if (bytes.length !== size) throw new UnreadableHash(`the digest has another length than the template's`);
  return bytes;
}

class Parser {
  readonly seen = new Set<TemplateValue>();
  private at = 0;

  constructor(private readonly text: string) {}

  get done(): boolean {
    return this.at === this.text.length;
  }

  digest(depth = 1): Piece & { is: 'digest' } {
    const algorithm = this.take(/(md5|sha1|sha256|sha384|sha512)\(/y)?.[1];
    if (!isAlgorithm(algorithm) || depth > NESTED_MOST) {
      throw new UnreadableHash('a template begins with md5(, sha1(, sha256(, sha384( or sha512(');
    }
    const of: Piece[] = [];
    while (!this.take(/\)/y)) of.push(this.piece(depth));
    return { is: 'digest', algorithm, of };
  }

  private piece(depth: number): Piece {
    const value = this.take(/\{(password|salt|username|pepper)(:utf16le)?\}/y);
    if (isValue(value?.[1])) {
      this.seen.add(value[1]);
      return { is: 'value', name: value[1], wide: value[2] !== undefined };
    }
    const start = this.at;
    if (this.take(/(?:md5|sha(?:1|256|384|512))\(/y)) {
      this.at = start;
      return this.digest(depth + 1);
    }
    const text = this.take(/[^(){}]/y)?.[0];
    if (text === undefined)
      throw new UnreadableHash(`the template cannot be read after "${this.text.slice(0, start)}"`);
    return { is: 'text', text };
  }

  private take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text) ?? undefined;
    if (found) this.at = pattern.lastIndex;
    return found;
  }
}

const isAlgorithm = (text: string | undefined): text is Algorithm =>
  text !== undefined && Object.hasOwn(ALGORITHMS, text);
const isValue = (text: string | undefined): text is TemplateValue =>
  text === 'password' || text === 'salt' || text === 'username' || text === 'pepper';
