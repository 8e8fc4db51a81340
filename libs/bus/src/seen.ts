import { Refusal } from '@passbroker/model';
import type { Frame } from '@passbroker/platform';

/** Frames this process has acted on, remembered until their deadline makes them worthless anyway. */
export class SeenFrames {
  private readonly until = new Map<string, number>();

  /** @throws Refusal bus.replayed */
  once(frame: Frame, now: Date): void {
    if (this.until.has(frame.id)) throw new Refusal('bus.replayed', `a ${frame.type} frame came twice`);
    this.until.set(frame.id, frame.deadline);
    if (this.until.size > 1_000) this.forget(now.getTime());
  }

  private forget(now: number): void {
    for (const [id, deadline] of this.until) if (deadline < now) this.until.delete(id);
  }
}
