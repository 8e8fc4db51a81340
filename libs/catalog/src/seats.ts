import { z } from 'zod';
import { Refusal } from '@passbroker/model';
import { SEATS_LOCK } from './locks.js';
import { named } from './naming.js';
import type { Sql } from './sql.js';

export interface Seats {
  seatCap?: number | null | undefined;
}

const seatsRow = z.object({ taken: z.number() });

export async function takenBy(sql: Sql, usersource: string): Promise<number> {
  const { rows } = await sql(
    `select count(distinct l.account)::int as taken from catalog.link l join catalog.account a on a.id = l.account
     where l.usersource = $1 and l.created_by = 'jit' and not a.disabled`,
    [usersource],
  );
  return seatsRow.parse(rows[0]).taken;
}

/** Counted again where newcomers of one usersource take turns: policy looked before they came here together. */
export async function mustHaveSeat(sql: Sql, usersource: string, seatCap: number): Promise<void> {
  await sql('select pg_advisory_xact_lock($1, hashtext($2))', [SEATS_LOCK, named(usersource)]);
  if ((await takenBy(sql, usersource)) >= seatCap) throw new Refusal('not_admitted', 'seats.none');
}
