import { jest } from '@jest/globals';
import type { UsersourceRecord } from '@passbroker/model';
import { FakeCatalog } from '../../test/fake-catalog.js';
import { PasswordSources } from './password-sources.js';

const MANY = 10_000;

function worldOf(count: number) {
  const catalog = new FakeCatalog();
  const brand = catalog.addBrand('default', 'acme.test');
  catalog.addUsersource(brand, 'local', 'local', { order: 1 });
  const slugs = ['local'];
  for (let number = 0; number < count; number += 1) {
    const linking: UsersourceRecord['linking'] = { mode: 'prove', authoritativeDomains: ['shared.test'] };
    const more = { order: number + 2, display: 'form' as const, domains: [`d${number}.test`], linking };
    slugs.push(catalog.addUsersource(brand, `dir-${number}`, 'ldap', more).slug);
  }
  const common = { audience: 'users', admin: false, username: null, groups: [], attributes: {} } as const;
  for (const name of ['linked', 'local', 'both']) {
    const emails = [{ value: `${name}@home.test`, verified: true }];
    catalog.accounts.set(name, { ...common, id: name, name, emails, groups: [], disabled: false, revision: 1 });
  }
  const link = { subject: 's', createdBy: 'jit' } as const;
  catalog.links.push({ ...link, usersource: 'us_dir-7', account: 'linked' });
  catalog.links.push({ ...link, usersource: 'us_dir-9', account: 'both' });
  catalog.links.push({ ...link, usersource: 'us_dir-3', account: 'both' });
  catalog.hashes.set('local', 'a hash');
  const sources = new PasswordSources({ catalog, accounts: catalog });
  const asked = async (name: string, on = slugs) => (await sources.forName(brand, on, name)).map(({ slug }) => slug);
  return { catalog, brand, slugs, asked };
}

describe('among ten thousand directories on one form', () => {
  const large = worldOf(MANY);
  const small = worldOf(10);

  it.each([
    ['the linked one', 'linked@home.test', ['dir-7']],
    ['of two linked ones, the first on the form', 'both@home.test', ['dir-3']],
    ['a built-in account', 'local@home.test', ['local']],
    ['the one whose domain it is, in any case', 'somebody@D4.test', ['dir-4']],
  ])('asks %s alone, and looks for it no longer than among ten', async (_what, name, expected) => {
    expect(await large.asked(name)).toEqual(expected);
    expect(await small.asked(name)).toEqual(expected);
    const bySlug = jest.spyOn(large.catalog, 'usersourceBySlug');
    const lists = jest.spyOn(large.catalog, 'usersourcesOf');
    expect(await large.asked(name)).toEqual(expected);
    // A look-up for each of them would be ten thousand: more than are kept in memory, so as many questions to Postgres.
    expect([bySlug.mock.calls.length, lists.mock.calls.length]).toEqual([0, 1]);
    jest.restoreAllMocks();
  });

  it('asks all in turn about a stranger, and where many answer for a domain', async () => {
    expect(await large.asked('stranger@nowhere.test')).toEqual(large.slugs);
    expect(await large.asked('somebody@shared.test')).toEqual(large.slugs);
    expect(await large.asked('somebody')).toEqual(large.slugs);
  });

  it('asks none that is not on the form', async () => {
    expect(await large.asked('linked@home.test', ['local', 'dir-1'])).toEqual(['local', 'dir-1']);
    expect(await large.asked('somebody@d4.test', ['local', 'dir-1'])).toEqual(['local', 'dir-1']);
    expect(await large.asked('somebody@shared.test', ['local', 'dir-1'])).toEqual(['dir-1']);
    expect(await large.asked('linked@home.test', ['dir-1'])).toEqual(['dir-1']);
  });

  it('sees a change of the catalog at once', async () => {
    expect(await small.asked('somebody@d4.test')).toEqual(['dir-4']);
    small.catalog.changeUsersource('us_dir-4', { domains: [] });
    small.catalog.changeUsersource('us_dir-5', { domains: ['d4.test'] });
    expect(await small.asked('somebody@d4.test')).toEqual(['dir-5']);
  });
});
