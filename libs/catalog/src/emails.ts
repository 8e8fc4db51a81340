import type { EmailAddress } from '@passbroker/model';
import type { Sql } from './sql.js';

/** Replaces an account's addresses. Rows go in sorted, so that two writers of the same addresses cannot deadlock. */
export async function writeEmails(sql: Sql, account: string, emails: EmailAddress[]): Promise<void> {
  await sql('delete from catalog.account_email where account = $1', [account]);
  await sql(
    `insert into catalog.account_email (account, position, value, verified)
     select $1, (e.position - 1)::int, e.email->>'value', (e.email->>'verified')::boolean
     from jsonb_array_elements($2::jsonb) with ordinality as e (email, position)
     order by lower(e.email->>'value')`,
    [account, JSON.stringify(emails)],
  );
}
