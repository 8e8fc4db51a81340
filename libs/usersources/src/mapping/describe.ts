import { Refusal, type IdentityAssertion, type UsersourceRecord } from '@passbroker/model';
import { Budget, OverBudget } from './budget.js';
import { compile, ExpressionError, type Expression } from './expression.js';
import { expressionsOf } from './mapping.settings.js';
import { isReservedGroup } from './reserved-groups.js';
import { aName, anAddress, aText, aUsername, groupNames } from './results.js';
import { variablesOf } from './variables.js';

type Claims = IdentityAssertion['claims'];

/** What an admin's filter and mapping make of one identity. */
export interface Described {
  /** False: the filter does not let them in, and nothing else was looked at. */
  passes: boolean;
  /** As the usersource said it, with what the mapping says instead. Groups only where a mapping gives them. */
  claims: Claims;
  /** Groups that nobody is given by an upstream (LINK-017). */
  refusedGroups: string[];
}

interface Compiled {
  filter: Expression | undefined;
  fields: { name: string; expression: Expression }[];
  attributes: { name: string; expression: Expression }[];
}

/** By the record itself, which is another one as soon as anything in it changes: compiled once per revision. */
const kept = new WeakMap<UsersourceRecord, Compiled>();

/**
 * Fails closed: an expression that cannot be answered for this person lets nobody in.
 * @throws Refusal filter.failed, mapping.failed
 */
export function describe(record: UsersourceRecord, assertion: IdentityAssertion): Described {
  const { groups: _unmapped, ...claims } = assertion.claims;
  const compiled = compiledOf(record);
  const { filter, fields, attributes } = compiled;
  if (!filter && fields.length === 0 && attributes.length === 0) return { passes: true, claims, refusedGroups: [] };

  const budget = new Budget();
  const variables = attempt(filter ? 'filter.failed' : 'mapping.failed', 'what was said', () =>
    variablesOf(record, assertion),
  );
  const value = (expression: Expression): unknown => expression.evaluate(variables, budget);
  if (filter) {
    const verdict = attempt('filter.failed', 'filter', () => value(filter));
    if (typeof verdict !== 'boolean') throw new Refusal('filter.failed', 'filter: neither true nor false');
    if (!verdict) return { passes: false, claims, refusedGroups: [] };
  }
  const mapped = mappedBy(compiled, value);
  const { groups, email } = mapped;
  const verified = email === undefined || email.toLowerCase() === claims.email?.toLowerCase();
  return {
    passes: true,
    claims: {
      ...claims,
      ...mapped,
      // The usersource vouched for the address it named, not for one that is put together from what it said.
      ...(verified ? {} : { emailVerified: false }),
      ...(groups && { groups: groups.filter((group) => !isReservedGroup(group)) }),
    },
    refusedGroups: groups?.filter(isReservedGroup) ?? [],
  };
}

/** An expression that comes to null or an empty text says nothing; what the usersource said itself stays. */
function mappedBy({ fields, attributes }: Compiled, value: (expression: Expression) => unknown): Claims {
  const claims: Claims = {};
  for (const { name, expression } of fields) {
    attempt('mapping.failed', name, () => {
      const given = value(expression);
      if (name === 'groups') claims.groups = groupNames(given);
      else if (name === 'name') assign(claims, 'name', aName(given));
      else if (name === 'email') assign(claims, 'email', anAddress(given));
      else assign(claims, 'username', aUsername(given));
    });
  }
  if (attributes.length === 0) return claims;
  const texts = attributes.flatMap(({ name, expression }) => {
    const text = attempt('mapping.failed', `attributes.${name}`, () => aText(value(expression)));
    return text === undefined ? [] : [[name, text] as const];
  });
  return { ...claims, attributes: Object.fromEntries(texts) };
}

function assign(claims: Claims, name: 'name' | 'email' | 'username', text: string | undefined): void {
  if (text !== undefined) claims[name] = text;
}

function compiledOf(record: UsersourceRecord): Compiled {
  const known = kept.get(record);
  if (known) return known;
  const compiled: Compiled = { filter: undefined, fields: [], attributes: [] };
  for (const { path, text, wanted } of expressionsOf(record.mapping, record.filter)) {
    const [member, name = '', attribute] = path;
    const code = member === 'filter' ? 'filter.failed' : 'mapping.failed';
    const expression = attempt(code, path.slice(1).join('.') || 'filter', () => compile(text, wanted));
    if (member === 'filter') compiled.filter = expression;
    else if (attribute === undefined) compiled.fields.push({ name, expression });
    else compiled.attributes.push({ name: attribute, expression });
  }
  kept.set(record, compiled);
  return compiled;
}

function attempt<T>(code: 'filter.failed' | 'mapping.failed', what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ExpressionError || error instanceof OverBudget)
      throw new Refusal(code, `${what}: ${error.message}`);
    throw error;
  }
}
