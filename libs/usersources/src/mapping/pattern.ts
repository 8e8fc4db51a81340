import { inSet, parsePattern, PatternError, type CharSet, type Pattern } from './pattern-parse.js';

export { PatternError } from './pattern-parse.js';

/** One state of the machine: where it goes on without reading, or which characters it reads. */
type State =
  | { on: 'split'; to: number[] }
  | { on: 'start' | 'end'; to: number }
  | { on: 'char'; set: CharSet; to: number }
  | { on: 'done' };

const MOST_STATES = 2_000;
const MOST_KEPT = 200;

/**
 * A pattern that is matched by walking all its states at once (Thompson 1968; https://swtch.com/~rsc/regexp/regexp1.html):
 * states times characters, whatever the text. JavaScript's own engine tries one way after another and can be kept
 * busy for years by `(a+)+$`; CEL asks for RE2 for that reason.
 */
export class LinearPattern {
  readonly #states: State[] = [];
  readonly #first: number;
  readonly #ignoreCase: boolean;

  /** @throws PatternError */
  constructor(text: string) {
    const { pattern, ignoreCase } = parsePattern(text);
    this.#ignoreCase = ignoreCase;
    this.#first = this.#build(pattern, this.#add({ on: 'done' }));
  }

  /** Whether it is anywhere in the text. `pay` is told how many steps each character costs, and may throw. */
  test(text: string, pay: (steps: number) => void = () => undefined): boolean {
    const points = [...(this.#ignoreCase ? text.toLowerCase() : text)];
    const entered = new Uint32Array(this.#states.length);
    let now: number[] = [];
    for (let at = 0; at <= points.length; at += 1) {
      const char = points[at];
      const reading: number[] = [];
      // Anywhere in the text: a new try begins at every character.
      if (this.#enter([...now, this.#first], entered, at, points.length, reading)) return true;
      pay(1 + reading.length);
      if (char === undefined) return false;
      now = this.#read(reading, char);
    }
    return false;
  }

  /** Follows what needs no character. True as soon as the pattern is through. */
  #enter(from: number[], entered: Uint32Array, at: number, length: number, into: number[]): boolean {
    for (let next = from.pop(); next !== undefined; next = from.pop()) {
      if (entered[next] === at + 1) continue;
      entered[next] = at + 1;
      const state = this.#states[next];
      if (state?.on === 'done') return true;
      if (state?.on === 'split') from.push(...state.to);
      else if (state?.on === 'start' && at === 0) from.push(state.to);
      else if (state?.on === 'end' && at === length) from.push(state.to);
      else if (state?.on === 'char') into.push(next);
    }
    return false;
  }

  #read(now: number[], char: string): number[] {
    const point = char.codePointAt(0) ?? 0;
    const upper = this.#ignoreCase ? (char.toUpperCase().codePointAt(0) ?? point) : point;
    return now.flatMap((index) => {
      const state = this.#states[index];
      if (state?.on !== 'char') return [];
      const { set } = state;
      // In both cases, or in one: a negated class must exclude both.
      const reads = set.not ? inSet(set, point) && inSet(set, upper) : inSet(set, point) || inSet(set, upper);
      return reads ? [state.to] : [];
    });
  }

  #build(pattern: Pattern, then: number): number {
    switch (pattern.is) {
      case 'empty':
        return then;
      case 'start':
      case 'end':
        return this.#add({ on: pattern.is, to: then });
      case 'set':
        return this.#add({ on: 'char', set: pattern.set, to: then });
      case 'all':
        return pattern.of.reduceRight((after, part) => this.#build(part, after), then);
      case 'any':
        return this.#add({ on: 'split', to: pattern.of.map((part) => this.#build(part, then)) });
      case 'repeat':
        return this.#repeat(pattern.of, pattern.least, pattern.most, then);
    }
  }

  #repeat(of: Pattern, least: number, most: number, then: number): number {
    let next = then;
    if (most === Infinity) {
      const again: State = { on: 'split', to: [] };
      next = this.#add(again);
      again.to = [this.#build(of, next), then];
    } else {
      for (let time = least; time < most; time += 1)
        next = this.#add({ on: 'split', to: [this.#build(of, next), then] });
    }
    for (let time = 0; time < least; time += 1) next = this.#build(of, next);
    return next;
  }

  #add(state: State): number {
    if (this.#states.length >= MOST_STATES) throw new PatternError('the pattern repeats too much');
    return this.#states.push(state) - 1;
  }
}

const kept = new Map<string, LinearPattern>();

/** The machine of a pattern, made once. An upstream that sends patterns of its own only empties the shelf. */
export function linearPattern(text: string): LinearPattern {
  const known = kept.get(text);
  if (known) return known;
  const made = new LinearPattern(text);
  if (kept.size >= MOST_KEPT) kept.clear();
  kept.set(text, made);
  return made;
}
