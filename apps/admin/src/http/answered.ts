import type { z } from 'zod';
import { Refusal } from '@passbroker/model';

/**
 * What another service answered, read. While a deployment rolls, it may be of another version: that is no answer, and
 * no bug of ours.
 *
 * @throws Refusal bus.no_answer, which is told as `service.unavailable`
 */
export function answered<Shape extends z.ZodType>(shape: Shape, value: unknown): z.output<Shape> {
  const read = shape.safeParse(value);
  if (!read.success) throw new Refusal('bus.no_answer', 'a service answered in words of another version');
  return read.data;
}
