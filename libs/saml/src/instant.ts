import { Refusal } from '@passbroker/model';
import { attribute, type XmlElement } from './xml/element.js';

/** SAML core, 1.3.3: UTC, said by a Z. */
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/;

/** @throws Refusal upstream.malformed when it is there and no time */
export function instantOf(element: XmlElement, name: string): Date | undefined {
  const text = attribute(element, name);
  if (text === undefined) return undefined;
  const instant = new Date(text);
  if (!INSTANT.test(text) || Number.isNaN(instant.getTime())) {
    throw new Refusal('upstream.malformed', `${name} of ${element.local} is not a time in UTC`);
  }
  return instant;
}

export function requiredInstantOf(element: XmlElement, name: string): Date {
  const instant = instantOf(element, name);
  if (!instant) throw new Refusal('upstream.malformed', `${element.local} has no ${name}`);
  return instant;
}

/** What time it is, and how far apart two honest clocks may be. */
export interface Clock {
  now: Date;
  skewSec: number;
}

export const isPast = (end: Date, { now, skewSec }: Clock): boolean => end.getTime() + skewSec * 1000 <= now.getTime();
export const isFuture = (start: Date, { now, skewSec }: Clock): boolean =>
  start.getTime() - skewSec * 1000 > now.getTime();
