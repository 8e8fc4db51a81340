import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

export const DEVICE_SECONDS = 180 * 86_400;

/**
 * A browser that has signed somebody in keeps a word about it: `name hash . its own id . seal`. The name hash
 * covers brand and audience, so the cookie says nothing for another person or another brand (PWD-020), and it
 * opens nothing: the password is asked all the same.
 */
export class KnownDevices {
  constructor(private readonly key: Buffer) {}

  issue(nameHash: string): string {
    const id = randomBytes(12).toString('base64url');
    return `${nameHash}.${id}.${this.seal(nameHash, id)}`;
  }

  /** The device's id, when it has signed in by this very name here. */
  idFor(nameHash: string, cookie: string | undefined): string | undefined {
    const [name, id, seal, ...rest] = (cookie ?? '').split('.');
    if (!name || !id || !seal || rest.length > 0 || name !== nameHash) return undefined;
    const [told, right] = [Buffer.from(seal), Buffer.from(this.seal(name, id))];
    return told.length === right.length && timingSafeEqual(told, right) ? id : undefined;
  }

  private seal(nameHash: string, id: string): string {
    return createHmac('sha256', this.key).update(`${nameHash}.${id}`).digest('base64url');
  }
}
