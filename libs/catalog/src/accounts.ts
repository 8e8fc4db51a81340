import type { DataSource } from 'typeorm';
import { z } from 'zod';
import type { Account, Audience, EmailAddress, Link } from '@passbroker/model';
import { WriteConflict, type Accounts, type NewAccount, type WaysIn } from './catalog.js';
import { Writes, type Announce } from './change-log.js';
import { conflictOf } from './conflict.js';
import { WAYS_IN_LOCK } from './locks.js';
import { writeEmails } from './emails.js';
import { named, newId } from './naming.js';
import { ACCOUNT, ACCOUNT_COLUMNS, accountRow, LINK, linkRow } from './records.js';
import { deadlock, sqlOf, uniqueViolation, type Sql } from './sql.js';
import { mustHaveSeat, takenBy, type Seats } from './seats.js';
import { waysIn, withoutLink } from './ways-in.js';

const withHash = accountRow.extend({ hash: z.string() });

/** An address names somebody before a username does: nobody can register a username to stand before it. */
const CREDENTIAL = `
  select ${ACCOUNT_COLUMNS}, c.hash from catalog.account t join catalog.credential c on c.account = t.id
  where t.audience = $2 and t.id = coalesce(
    (select e.account from catalog.account_email e join catalog.account o on o.id = e.account
     where lower(e.value) = lower($1) and o.audience = $2),
    (select id from catalog.account where lower(username) = lower($1) and audience = $2))`;

/** Usersources that an account can still come in by without one of its links; for admins, those seen to work. */
const OTHER_WAYS = `
  select u.id from catalog.usersource u join catalog.account a on a.id = $1 and a.audience = u.audience
  where u.enabled and u.id <> $2
    and (not $3::boolean or (u.proven->>'settingsVersion')::int = u.settings_version)
    and case when u.type = 'local' then exists (select from catalog.credential where account = $1)
             else exists (select from catalog.link l where l.account = $1 and l.usersource = u.id) end`;

export class PostgresAccounts implements Accounts {
  readonly #sql: Sql;
  readonly #writes: Writes;

  constructor(dataSource: DataSource, announce: Announce) {
    this.#sql = sqlOf(dataSource);
    this.#writes = new Writes(dataSource, announce);
  }

  byId(id: string): Promise<Account | undefined> {
    return accountWhere(this.#sql, 't.id = $1', id);
  }

  byEmail(email: string): Promise<Account | undefined> {
    return accountWhere(
      this.#sql,
      't.id = (select account from catalog.account_email where lower(value) = lower($1))',
      email,
    );
  }

  byUsername(username: string): Promise<Account | undefined> {
    return accountWhere(this.#sql, 'lower(t.username) = lower($1)', username);
  }

  async credential(name: string, audience: Audience): Promise<{ account: Account; hash: string } | undefined> {
    const { rows } = await this.#sql(CREDENTIAL, [named(name), named(audience)]);
    if (rows[0] === undefined) return undefined;
    const { hash, createdAt: _c, updatedAt: _u, ...account } = withHash.parse(rows[0]);
    return { account, hash };
  }

  async replaceHash(account: string, hash: string): Promise<void> {
    await this.#writes.run(async (sql, changed) => {
      const { count } = await sql('update catalog.credential set hash = $2 where account = $1', [
        named(account),
        named(hash),
      ]);
      if (count === 0) throw new WriteConflict('missing', 'id');
      await changed('account', account);
    });
  }

  async link(usersource: string, subject: string): Promise<Link | undefined> {
    const { rows } = await this.#sql(`${LINK} where t.usersource = $1 and t.subject = $2`, [
      named(usersource),
      named(subject),
    ]);
    return rows[0] === undefined ? undefined : linkRow.parse(rows[0]);
  }

  async byLink(usersource: string, subject: string): Promise<Account | undefined> {
    const linked = 't.id = (select l.account from catalog.link l where l.usersource = $1 and l.subject = $2)';
    return accountWhere(this.#sql, linked, usersource, subject);
  }

  async linksOf(account: string): Promise<Link[]> {
    const { rows } = await this.#sql(`${LINK} where t.account = $1 order by t.at, t.usersource, t.subject`, [
      named(account),
    ]);
    return linkRow.array().parse(rows);
  }

  async createLinked(account: NewAccount, link: NewLink, { seatCap }: Seats = {}): Promise<Account> {
    try {
      return await this.#create(account, link, seatCap);
    } catch (error) {
      if (!uniqueViolation(error) && !deadlock(error)) throw conflictOf(error);
      const winner = await this.link(link.usersource, link.subject);
      const existing = winner && (await this.byId(winner.account));
      if (existing) return existing;
      if (deadlock(error)) return this.#create(account, link, seatCap);
      throw conflictOf(error);
    }
  }

  async seatsTaken(usersource: string): Promise<number> {
    return takenBy(this.#sql, named(usersource));
  }

  async addLink(link: Link, { replacing = false }: { replacing?: boolean } = {}): Promise<void> {
    const added = await this.#writes
      .run(async (sql, changed) => {
        const done = await insertLink(sql, link, 'on conflict (usersource, subject) do nothing');
        if (done && replacing) await removeOtherLinks(sql, link);
        if (done) await changed('account', link.account);
        return done;
      })
      .catch((error: unknown) => {
        throw conflictOf(error);
      });
    if (added) return;
    const existing = await this.link(link.usersource, link.subject);
    if (existing?.account !== link.account) throw new WriteConflict('unique', 'subject');
  }

  removeLink(
    account: string,
    usersource: string,
    stayIn: (now: WaysIn, then: WaysIn) => boolean,
  ): Promise<'removed' | 'last_way' | 'missing'> {
    return this.#writes.run(async (sql, changed) => {
      // In turn with the admin API's changes, which may take away the other way (I2); two of these at once would
      // each leave the other's.
      await sql('select pg_advisory_xact_lock($1)', [WAYS_IN_LOCK]);
      const { rows } = await sql('select admin from catalog.account where id = $1 for update', [named(account)]);
      const [holder] = z.array(z.object({ admin: z.boolean() })).parse(rows);
      if (!holder) return 'missing';
      const { count: ways } = await sql(OTHER_WAYS, [account, named(usersource), holder.admin]);
      if (ways === 0 || (holder.admin && (await aChangeWaits(sql)))) return 'last_way';
      if (holder.admin) {
        const now = await waysIn(sql);
        if (!stayIn(now, withoutLink(now, account, usersource))) return 'last_way';
      }
      const { count } = await sql('delete from catalog.link where account = $1 and usersource = $2', [
        account,
        usersource,
      ]);
      if (count === 0) return 'missing';
      await changed('account', account);
      return 'removed';
    });
  }

  async hasPassword(account: string): Promise<boolean> {
    return (await this.#sql('select 1 from catalog.credential where account = $1', [named(account)])).count > 0;
  }

  async updateProfile(
    id: string,
    profile: { name?: string; username?: string; email?: EmailAddress; attributes?: Record<string, string> },
  ): Promise<Account> {
    const before = await this.byId(id);
    if (!before) throw new WriteConflict('missing', 'id');
    const emails = profile.email ? await this.#emailsWith(before, profile.email) : before.emails;
    const name = profile.name ?? before.name;
    const username = profile.username ?? before.username;
    const attributes = profile.attributes ?? before.attributes;
    const same = name === before.name && username === before.username && emails === before.emails;
    if (same && equal(attributes, before.attributes)) return before;
    try {
      return await this.#writes.run(async (sql, changed) => {
        const { count } = await sql(
          `update catalog.account set name = $2, username = $3, attributes = $4, revision = revision + 1, updated_at = now()
           where id = $1`,
          [id, name, username, JSON.stringify(attributes)],
        );
        if (count === 0) throw new WriteConflict('missing', 'id');
        if (emails !== before.emails) await writeEmails(sql, id, emails);
        await changed('account', id);
        return mustBe(await accountWhere(sql, 't.id = $1', id));
      });
    } catch (error) {
      throw conflictOf(error);
    }
  }

  async syncGroups(link: Pick<Link, 'usersource' | 'subject' | 'account'>, groups: string[]): Promise<Account> {
    const before = await givenBy(this.#sql, link);
    const account = await this.byId(link.account);
    if (!account) throw new WriteConflict('missing', 'id');
    if (sameSet(before, groups) && groups.every((group) => account.groups.includes(group))) return account;
    return this.#writes.run(async (sql, changed) => {
      await sql('select 1 from catalog.account where id = $1 for update', [named(link.account)]);
      const given = await givenBy(sql, link);
      const now = mustBe(await accountWhere(sql, 't.id = $1', link.account));
      const others = now.groups.filter((group) => !given.includes(group));
      const after = [...new Set([...others, ...groups])];
      await sql('update catalog.link set groups = $3 where usersource = $1 and subject = $2', [
        link.usersource,
        link.subject,
        JSON.stringify(groups),
      ]);
      if (!sameSet(after, now.groups)) {
        await sql('update catalog.account set groups = $2, revision = revision + 1, updated_at = now() where id = $1', [
          now.id,
          JSON.stringify(after),
        ]);
        await changed('account', now.id);
      }
      return mustBe(await accountWhere(sql, 't.id = $1', link.account));
    });
  }

  async markProven(usersource: string, settingsVersion: number, at: Date): Promise<void> {
    await this.#writes.run(async (sql, changed) => {
      const { count } = await sql(
        `update catalog.usersource set proven = $3
         where id = $1 and settings_version = $2 and (proven->>'settingsVersion')::int is distinct from $2`,
        [named(usersource), settingsVersion, JSON.stringify({ at: at.toISOString(), settingsVersion })],
      );
      if (count > 0) await changed('usersource', usersource);
    });
  }

  #create(account: NewAccount, link: NewLink, seatCap?: number | null): Promise<Account> {
    const id = newId('acc');
    return this.#writes.run(async (sql, changed) => {
      if (typeof seatCap === 'number') await mustHaveSeat(sql, link.usersource, seatCap);
      await insertAccount(sql, id, account);
      await insertLink(sql, { ...link, account: id });
      await changed('account', id);
      return mustBe(await accountWhere(sql, 't.id = $1', id));
    });
  }

  /**
   * An address a usersource tells becomes the first one. It can become verified, never unverified; an unverified one
   * does not displace a verified one, and one that is somebody else's is left to them.
   */
  async #emailsWith(account: Account, told: EmailAddress): Promise<EmailAddress[]> {
    const [first, ...others] = account.emails;
    const own = account.emails.find((email) => lower(email.value) === lower(told.value));
    if (own) {
      if (own === first && (own.verified || !told.verified)) return account.emails;
      if (own !== first && first?.verified && !own.verified && !told.verified) return account.emails;
      const rest = account.emails.filter((email) => email !== own);
      return [{ value: own.value, verified: own.verified || told.verified }, ...rest];
    }
    if (first?.verified && !told.verified) return account.emails;
    if (await this.byEmail(told.value)) return account.emails;
    return [told, ...others];
  }
}

/**
 * A risky change of the admins' ways in may still be taken back, and with it the way that would be left. What it was
 * before is not the gateway's to read, so until it is decided, ten minutes at most, no admin gives up a way in.
 */
const aChangeWaits = async (sql: Sql): Promise<boolean> =>
  (await sql(`select 1 from catalog.pending_change where state = 'waiting'`)).count > 0;

type NewLink = Omit<Link, 'account'> & { groups?: string[] };

const givenRow = z.object({ groups: z.array(z.string()) });

async function givenBy(sql: Sql, { usersource, subject }: Pick<Link, 'usersource' | 'subject'>): Promise<string[]> {
  const { rows } = await sql('select groups from catalog.link where usersource = $1 and subject = $2', [
    named(usersource),
    named(subject),
  ]);
  return rows[0] === undefined ? [] : givenRow.parse(rows[0]).groups;
}

const sameSet = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((item) => other.includes(item));

const lower = (value: string): string => value.toLowerCase();

const equal = (one: Record<string, string>, other: Record<string, string>): boolean => {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
};

/** Answers the account without the columns that only lists need. */
async function accountWhere(sql: Sql, where: string, ...values: string[]): Promise<Account | undefined> {
  const { rows } = await sql(`${ACCOUNT} where ${where}`, values.map(named));
  if (rows[0] === undefined) return undefined;
  const { createdAt: _c, updatedAt: _u, ...account } = accountRow.parse(rows[0]);
  return account;
}

function mustBe(account: Account | undefined): Account {
  if (!account) throw new Error('an account vanished from its own transaction');
  return account;
}

async function insertAccount(sql: Sql, id: string, account: NewAccount): Promise<void> {
  await sql(
    `insert into catalog.account (id, audience, admin, username, name, groups, attributes)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [
      id,
      account.audience,
      account.admin ?? false,
      account.username ?? null,
      account.name,
      JSON.stringify(account.groups ?? []),
      JSON.stringify(account.attributes ?? {}),
    ],
  );
  await writeEmails(sql, id, account.emails);
}

async function removeOtherLinks(sql: Sql, { usersource, account, subject }: Link): Promise<void> {
  await sql('delete from catalog.link where usersource = $1 and account = $2 and subject <> $3', [
    usersource,
    account,
    subject,
  ]);
}

async function insertLink(sql: Sql, link: Link & { groups?: string[] }, onConflict = ''): Promise<boolean> {
  const { usersource, subject, account, createdBy, groups = [] } = link;
  const { count } = await sql(
    `insert into catalog.link (usersource, subject, account, created_by, groups) values ($1, $2, $3, $4, $5) ${onConflict}`,
    [named(usersource), named(subject), named(account), createdBy, JSON.stringify(groups)],
  );
  return count > 0;
}
