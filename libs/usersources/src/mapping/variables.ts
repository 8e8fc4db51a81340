import type { IdentityAssertion, UsersourceRecord } from '@passbroker/model';
import { OverBudget } from './budget.js';
import type { Variables } from './expression.js';

const DEEPEST = 10;
const MOST_VALUES = 20_000;
const MOST_TEXT = 1_048_576;

/**
 * What an upstream said, as expressions see it. Too much of it is refused, never cut: a list that lost its end
 * would answer "is not among them".
 * @throws OverBudget
 */
export function variablesOf(record: UsersourceRecord, assertion: IdentityAssertion): Variables {
  const { claims, said = {}, subject } = assertion;
  const { slug, type, audience } = record;
  const room = { values: MOST_VALUES, text: MOST_TEXT };
  return {
    said: mapOf(said, room),
    claims: mapOf({ ...claims }, room),
    subject,
    usersource: new Map(Object.entries({ slug, type, audience })),
  };
}

interface Room {
  values: number;
  text: number;
}

function mapOf(object: object, room: Room, depth = 0): Map<string, unknown> {
  const entries = Object.entries(object).filter(([, value]) => value !== undefined);
  return new Map(entries.map(([name, value]) => [name, valueOf(value, room, depth + 1)]));
}

function valueOf(value: unknown, room: Room, depth: number): unknown {
  room.values -= 1;
  if (typeof value === 'string') room.text -= value.length;
  if (room.values < 0 || room.text < 0 || depth > DEEPEST) throw new OverBudget('the upstream said too much');
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'number':
      return value;
    case 'object':
      if (value === null) return null;
      if (Array.isArray(value)) return value.map((item: unknown) => valueOf(item, room, depth + 1));
      return mapOf(value, room, depth);
    default:
      return null;
  }
}
