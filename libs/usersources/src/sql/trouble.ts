import { Refusal } from '@passbroker/model';

const LONGEST = 200;

/**
 * A driver's complaint as a refusal. Conversion errors quote the value they stumbled over, which may be a hash or
 * what somebody typed: of those only the code is told.
 */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const code = firstText(error, 'code', 'sqlState');
  const number = firstText(error, 'number');
  const state = firstText(error, 'sqlState', 'code');
  const quotesValues = /^2[23]/.test(state) || !isKnownShape(error);
  const message = quotesValues ? '' : firstText(error, 'message').replace(/\s+/g, ' ').slice(0, LONGEST);
  const detail = `the database answers: ${[code, number, message].filter((part) => part !== '').join(' ') || 'an error'}`;
  // 42: the statement or its rights; 28: the account. Nothing that waiting mends.
  const ours =
    /^(42|28)/.test(state) ||
    /^(ER_(PARSE|NO_SUCH|BAD_(FIELD|DB|TABLE)|ACCESS|DBACCESS|TABLEACCESS)|ORA-(00904|00942|01017|01031)|ELOGIN)/.test(
      code,
    ) ||
    /^(102|207|208|229)$/.test(number);
  return new Refusal(ours ? 'usersource.misconfigured' : 'usersource.unreachable', detail, { cause: undefined });
}

/** Postgres, MySQL and the network say what they mean in `code`; the others' texts we have not seen enough of. */
const isKnownShape = (error: unknown): boolean => {
  const code = firstText(error, 'code');
  if (code === 'EREQUEST') return false; // Of mssql, for whatever the server answered to a statement.
  return (
    /^([0-9A-Z]{5}|ER_\w+|E[A-Z_]+|HANDSHAKE_\w+|PROTOCOL_\w+|(UNABLE|SELF|DEPTH|CERT|ERR_TLS|ERR_SSL|UNKNOWN)_?\w*)$/.test(
      code,
    ) ||
    (code === '' && /SSL|TLS|certificate|Connection terminated|timeout/i.test(firstText(error, 'message')))
  );
};

function firstText(error: unknown, ...names: string[]): string {
  for (const name of names) {
    const value: unknown = Reflect.get(Object(error), name);
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number') return String(value);
  }
  return '';
}
