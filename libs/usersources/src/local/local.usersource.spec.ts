import { openUsersource } from '../registry.js';
import type { UsersourceTools } from '../usersource.js';
import { toolsFor } from '../../test/tools.js';

const NOW = new Date('2030-01-01T00:00:00Z');

function world({ old = false } = {}) {
  const spent: string[] = [];
  const replaced: string[] = [];
  const tools: UsersourceTools = {
    ...toolsFor('local-users', () => NOW),
    passwords: {
      find: async (name) =>
        name === 'ann@acme.test'
          ? { account: 'acc_1', hash: 'right', name: 'Ann', email: name, emailVerified: true }
          : undefined,
      replace: async (account, hash) => void replaced.push(`${account} ${hash}`),
    },
    hasher: {
      verify: async (hash, password) => {
        spent.push('verify');
        return hash === password;
      },
      hash: async () => 'newer',
      needsRehash: () => old,
      waste: async () => void spent.push('waste'),
    },
  };
  const usersource = openUsersource('local', {}, tools);
  const signIn = (username: string, password: string) =>
    usersource.finish({ method: 'POST', rawQuery: '', fields: { username, password }, remoteAddress: '::1' }, {});
  return { usersource, signIn, spent, replaced };
}

describe('local accounts', () => {
  it('asks for a password here', async () => {
    const step = await world().usersource.begin('t', { forceFresh: false, silent: false });
    expect(step).toEqual({ go: 'form', form: 'password', carry: {} });
  });

  it('names the account whose password was typed', async () => {
    const { signIn } = world();
    expect(await signIn(' ann@acme.test ', 'right')).toMatchObject({ subject: 'acc_1', methods: ['pwd'] });
  });

  it('PWD-002: refuses a wrong password and an unknown name alike, after the same work', async () => {
    const { signIn, spent } = world();
    await expect(signIn('ann@acme.test', 'wrong')).rejects.toMatchObject({ code: 'password.wrong' });
    await expect(signIn('nobody@acme.test', 'wrong')).rejects.toMatchObject({ code: 'password.unknown_name' });
    await expect(signIn('', '')).rejects.toMatchObject({ code: 'password.unknown_name' });
    expect(spent).toEqual(['verify', 'waste', 'waste']);
  });

  it('refuses a megabyte of password before hashing any of it', async () => {
    const { signIn, spent } = world();
    await expect(signIn('ann@acme.test', 'x'.repeat(1_048_576))).rejects.toMatchObject({ code: 'request.malformed' });
    expect(spent).toEqual([]);
  });

  it('replaces a hash whose parameters are older than today’s, after a right password only', async () => {
    const { signIn, replaced } = world({ old: true });
    await expect(signIn('ann@acme.test', 'wrong')).rejects.toBeDefined();
    expect(replaced).toEqual([]);
    await signIn('ann@acme.test', 'right');
    expect(replaced).toEqual(['acc_1 newer']);
  });
});
