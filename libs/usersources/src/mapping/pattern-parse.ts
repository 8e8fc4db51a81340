/** A set of code points, as ranges; `not` turns it round. */
export interface CharSet {
  ranges: readonly (readonly [number, number])[];
  not: boolean;
}

/** A pattern as a tree. No back references and no look-around: what cannot be matched in linear time is not here. */
export type Pattern =
  | { is: 'set'; set: CharSet }
  | { is: 'start' | 'end' | 'empty' }
  | { is: 'all' | 'any'; of: Pattern[] }
  | { is: 'repeat'; of: Pattern; least: number; most: number };

export class PatternError extends Error {
  override readonly name = 'PatternError';
}

const LONGEST = 500;
const MOST_REPEATS = 200;
const DEEPEST = 30;
const LAST = 0x10ffff;
const code = (char: string): number => char.codePointAt(0) ?? 0;
const range = (from: string, to = from): [number, number] => [code(from), code(to)];

const CLASSES: Record<string, CharSet> = {
  d: { ranges: [range('0', '9')], not: false },
  w: { ranges: [range('0', '9'), range('A', 'Z'), range('_'), range('a', 'z')], not: false },
  s: { ranges: [range('\t', '\r'), range(' ')], not: false },
};
const ANY: CharSet = { ranges: [range('\n')], not: true };
const CONTROLS: Record<string, string> = { n: '\n', r: '\r', t: '\t', f: '\f', v: '\v' };
const QUOTABLE = /^[^\p{L}\p{N}]$/u;

/**
 * The everyday part of RE2's syntax (https://github.com/google/re2/wiki/Syntax), which CEL asks for.
 * @throws PatternError
 */
export function parsePattern(text: string): { pattern: Pattern; ignoreCase: boolean } {
  if (text.length > LONGEST) throw new PatternError(`a pattern has at most ${LONGEST} characters`);
  const ignoreCase = text.startsWith('(?i)');
  const reader = new Reader([...(ignoreCase ? text.slice(4) : text)]);
  const pattern = reader.alternatives(0);
  if (!reader.done) throw new PatternError('a ) without its (');
  return { pattern, ignoreCase };
}

class Reader {
  #at = 0;

  constructor(private readonly chars: readonly string[]) {}

  get done(): boolean {
    return this.#at >= this.chars.length;
  }

  alternatives(depth: number): Pattern {
    if (depth > DEEPEST) throw new PatternError('too many groups in one another');
    const of = [this.#sequence(depth)];
    while (this.#take('|')) of.push(this.#sequence(depth));
    return of.length === 1 && of[0] ? of[0] : { is: 'any', of };
  }

  #sequence(depth: number): Pattern {
    const of: Pattern[] = [];
    while (!this.done && this.#peek() !== '|' && this.#peek() !== ')') of.push(this.#repeated(depth));
    return of.length === 0 ? { is: 'empty' } : { is: 'all', of };
  }

  #repeated(depth: number): Pattern {
    const one = this.#atom(depth);
    const times = this.#times();
    if (!times) return one;
    // Lazy or not, the answer is the same: whether it matches at all.
    this.#take('?');
    if (this.#times()) throw new PatternError('a repetition of a repetition');
    return { is: 'repeat', of: one, ...times };
  }

  #times(): { least: number; most: number } | undefined {
    if (this.#take('*')) return { least: 0, most: Infinity };
    if (this.#take('+')) return { least: 1, most: Infinity };
    if (this.#take('?')) return { least: 0, most: 1 };
    const counted = /^\{(\d{1,4})(,?)(\d{0,4})\}/.exec(this.chars.slice(this.#at, this.#at + 12).join(''));
    if (!counted) return undefined;
    this.#at += counted[0].length;
    const least = Number(counted[1]);
    const most = counted[2] === '' ? least : counted[3] === '' ? Infinity : Number(counted[3]);
    const largest = most === Infinity ? least : most;
    if (largest > MOST_REPEATS || most < least) throw new PatternError(`at most ${MOST_REPEATS} repetitions`);
    return { least, most };
  }

  #atom(depth: number): Pattern {
    const char = this.#next();
    switch (char) {
      case '.':
        return { is: 'set', set: ANY };
      case '^':
        return { is: 'start' };
      case '$':
        return { is: 'end' };
      case '(':
        return this.#group(depth);
      case '[':
        return { is: 'set', set: this.#class() };
      case '\\':
        return { is: 'set', set: this.#escaped() };
      case '*':
      case '+':
      case '?':
        throw new PatternError('a repetition of nothing');
      default:
        return { is: 'set', set: { ranges: [range(char)], not: false } };
    }
  }

  #group(depth: number): Pattern {
    if (this.#take('?') && !this.#take(':')) throw new PatternError('of groups with (? only (?: is known here');
    const inside = this.alternatives(depth + 1);
    if (!this.#take(')')) throw new PatternError('a ( without its )');
    return inside;
  }

  #class(): CharSet {
    const not = this.#take('^');
    const ranges: (readonly [number, number])[] = [];
    let first = true;
    while (first || this.#peek() !== ']') {
      first = false;
      const from = this.#member();
      if (from.not) throw new PatternError('a negated class within a class');
      const [low] = from.ranges;
      if (
        from.ranges.length === 1 &&
        low?.[0] === low?.[1] &&
        this.#peek() === '-' &&
        this.chars[this.#at + 1] !== ']'
      ) {
        this.#at += 1;
        const [high] = this.#member().ranges;
        if (!low || !high || high[1] < low[0]) throw new PatternError('a range that goes backwards');
        ranges.push([low[0], high[1]]);
      } else ranges.push(...from.ranges);
    }
    this.#at += 1;
    return { ranges, not };
  }

  #member(): CharSet {
    const char = this.#next();
    return char === '\\' ? this.#escaped() : { ranges: [range(char)], not: false };
  }

  #escaped(): CharSet {
    const char = this.#next();
    const known = CLASSES[char.toLowerCase()];
    if (known) return char === char.toLowerCase() ? known : { ...known, not: true };
    const control = CONTROLS[char];
    if (control !== undefined) return { ranges: [range(control)], not: false };
    if (!QUOTABLE.test(char)) throw new PatternError(`\\${char} is not known here`);
    return { ranges: [range(char)], not: false };
  }

  #peek(): string | undefined {
    return this.chars[this.#at];
  }

  #next(): string {
    const char = this.chars[this.#at];
    if (char === undefined) throw new PatternError('the pattern ends too early');
    this.#at += 1;
    return char;
  }

  #take(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at += 1;
    return true;
  }
}

export const inSet = ({ ranges, not }: CharSet, point: number): boolean =>
  point <= LAST && ranges.some(([from, to]) => from <= point && point <= to) !== not;
