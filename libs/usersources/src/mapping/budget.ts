/** An expression that would have taken too long, or made too much of what it was given. */
export class OverBudget extends Error {
  override readonly name = 'OverBudget';
}

const STEPS = 200_000;
const LONGEST_TEXT = 16_384;
const LONGEST_LIST = 5_000;

/**
 * What all expressions of one sign-in may cost, in steps of well under a microsecond. Counted, not timed: the same
 * person is let in on a busy machine and on an idle one.
 */
export class Budget {
  #left = STEPS;

  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new OverBudget(`more than ${STEPS} steps`);
  }

  /** CEL passes over errors where the other side of `||` decides; a budget that is gone is gone. */
  mustHold(): void {
    this.spend(0);
  }

  /** A value that was just made: by doubling a text a few dozen times nobody shall fill the memory. */
  weigh(value: unknown): void {
    if (typeof value === 'string') {
      if (value.length > LONGEST_TEXT) throw new OverBudget(`a text of more than ${LONGEST_TEXT} characters`);
      this.spend(1 + (value.length >> 4));
      return;
    }
    this.spend(1);
    if (Array.isArray(value)) {
      if (value.length > LONGEST_LIST) throw new OverBudget(`a list of more than ${LONGEST_LIST}`);
      this.spend(value.length);
      for (const item of value) if (typeof item === 'string') this.spend(item.length >> 4);
    } else if (value instanceof Map) this.spend(value.size);
  }
}
