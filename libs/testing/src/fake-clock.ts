/** A clock that stands still until it is told to move. */
export class FakeClock {
  private at: number;

  constructor(start = '2030-01-01T00:00:00Z') {
    this.at = new Date(start).getTime();
  }

  readonly now = (): Date => new Date(this.at);

  advance(seconds: number): void {
    this.at += seconds * 1_000;
  }

  set(instant: string): void {
    this.at = new Date(instant).getTime();
  }
}
