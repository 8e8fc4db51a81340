import { describeWith, startScriptedLdap, type LdapScript, type ScriptedLdap } from '@passbroker/testing';
import { sealSecret } from '@passbroker/platform';
import { PASSWORD, startWorld, type World } from './world.js';

/** Local accounts and two directories behind one form. */
const SERVICE = 'Serv1ce-Passw0rd!';

/** A directory that knows these names, each with a password of its own. */
function directoryOf(branch: string, people: Record<string, string>): LdapScript {
  const dnOf = (name: string) => `uid=${name},dc=${branch},dc=test`;
  return {
    bind: (dn, password) => {
      const ours = dn === `cn=svc,dc=${branch},dc=test` && password === SERVICE;
      const theirs = Object.entries(people).some(([name, right]) => dn === dnOf(name) && password === right);
      return ours || theirs ? {} : { code: 49 };
    },
    search: ({ base, filter }) => {
      const name = Object.keys(people).find((uid) => base === dnOf(uid) || filter.includes(`(uid=${uid})`));
      if (name === undefined) return {};
      const mail = name.includes('@') ? name : `${name}@${branch}.test`;
      const attributes = { uid: [name], cn: [name], mail: [mail], entryUUID: [`${branch}-${name}`] };
      return { entries: [{ dn: dnOf(name), attributes }] };
    },
  };
}

const FIRST = directoryOf('one', {
  bob: 'bob-at-one-0001',
  both: 'both-at-one-0001',
  'ann@acme.test': 'ann-at-one-0001',
});
const SECOND = directoryOf('two', {
  cara: 'cara-at-two-0001',
  both: 'both-at-two-0001',
  'dora@two.test': 'dora-at-two-0001',
});

describeWith('openssl', 'one form for several usersources (I19)', () => {
  let world: World;
  let [one, two]: ScriptedLdap[] = [];

  const directories = () => {
    if (!one || !two) throw new Error('no directories');
    return { one, two };
  };
  const add = async (slug: string, branch: string, directory: ScriptedLdap, order: number) => {
    const bindPassword = { sealed: await sealSecret(world.identity.publicKeys, SERVICE) };
    world.catalog.addUsersource(world.brand, slug, 'ldap', {
      ...{ order, display: 'form' },
      // So that a typed name says who is linked where.
      mapping: { attributes: {}, username: 'said.uid' },
      settings: {
        ...{ servers: [directory.url], ca: directory.tls.ca, baseDn: `dc=${branch},dc=test`, groups: 'none' },
        ...{ bindDn: `cn=svc,dc=${branch},dc=test`, bindPassword, timeoutSec: 1 },
      },
    });
  };
  const post = async (username: string, password: string) => {
    const browser = world.browser();
    const page = await browser.visit(`${world.origin}/login`);
    const [form] = page.forms;
    if (!form) throw new Error(`no form: ${page.text}`);
    return browser.submit(form, { 'E-mail or username': username, Password: password }, { until: () => true });
  };
  /** Which of the two was sent this password. */
  const shownTo = (password: string) =>
    Object.entries(directories()).flatMap(([name, { binds }]) =>
      binds.some((bind) => bind.password === password) ? [name] : [],
    );

  beforeAll(async () => {
    world = await startWorld();
    [one, two] = [await startScriptedLdap(FIRST), await startScriptedLdap(SECOND)];
    await add('one', 'one', one, 20);
    await add('two', 'two', two, 30);
  });
  beforeEach(async () => {
    await world.forget();
    directories().one.play(FIRST);
    directories().two.play(SECOND);
    world.catalog.changeUsersource('us_two', { linking: { mode: 'prove', authoritativeDomains: [] } });
  });
  afterAll(async () => {
    await Promise.all([one?.close(), two?.close()]);
    await world?.stop();
  });

  it('shows a built-in account’s password to no directory, right or wrong', async () => {
    expect((await post('ann@acme.test', 'wrong-but-mine-0001')).status).toBe(422);
    expect(shownTo('wrong-but-mine-0001')).toEqual([]);
    expect((await post('ann@acme.test', PASSWORD)).status).toBe(303);
    expect(shownTo(PASSWORD)).toEqual([]);
    // Not even that of a directory where somebody else has the same name.
    expect((await post('ann@acme.test', 'ann-at-one-0001')).status).toBe(422);
  });

  it('shows the password of somebody the first directory knows to that one only (LDAP-022)', async () => {
    expect((await post('bob', 'bob-at-one-0001')).status).toBe(303);
    expect(shownTo('bob-at-one-0001')).toEqual(['one']);
    expect((await post('bob', 'mistyped-0001')).status).toBe(422);
    expect(shownTo('mistyped-0001')).toEqual(['one']);
  });

  it('asks the next for whom the first does not know, and the first never sees the password', async () => {
    expect((await post('cara', 'cara-at-two-0001')).status).toBe(303);
    expect(shownTo('cara-at-two-0001')).toEqual(['two']);
  });

  it('stops at the first that knows a name, though the password would be right at the next', async () => {
    expect((await post('both', 'both-at-two-0001')).status).toBe(422);
    expect(shownTo('both-at-two-0001')).toEqual(['one']);
    expect((await post('both', 'both-at-one-0001')).status).toBe(303);
  });

  it('asks the linked one alone, once somebody is linked', async () => {
    expect((await post('cara', 'cara-at-two-0001')).status).toBe(303);
    // Somebody of her name appears in the directory before hers.
    directories().one.play(directoryOf('one', { cara: 'cara-at-one-0001', 'cara@two.test': 'cara-at-one-0001' }));
    expect((await post('cara', 'cara-at-two-0001')).status).toBe(303);
    expect((await post('cara@two.test', 'cara-at-one-0001')).status).toBe(422);
    expect(directories().one.questions).toEqual([]);
  });

  it('asks the one that answers for the domain alone', async () => {
    world.catalog.changeUsersource('us_two', { linking: { mode: 'prove', authoritativeDomains: ['two.test'] } });
    expect((await post('dora@two.test', 'dora-at-two-0001')).status).toBe(303);
    expect(directories().one.questions).toEqual([]);
    expect((await post('nobody@two.test', 'nobody-at-two-0001')).status).toBe(422);
    expect(directories().one.questions).toEqual([]);
  });

  it('goes no further when it cannot tell whether the first knows the name', async () => {
    directories().one.play({ ...FIRST, search: () => ({ code: 52 }) });
    expect((await post('both', 'both-at-two-0001')).status).toBe(503);
    expect(shownTo('both-at-two-0001')).toEqual([]);
    // Who is linked elsewhere does not have to wait for it.
    directories().one.play(FIRST);
    expect((await post('cara', 'cara-at-two-0001')).status).toBe(303);
    directories().one.play({ ...FIRST, search: () => ({ code: 52 }) });
    expect((await post('cara', 'cara-at-two-0001')).status).toBe(303);
  });

  it('shows nobody which of them knows a name: one page, on the same beat (PWD-001)', async () => {
    const pages = new Set<string>();
    const beats = new Map<string, number>();
    // A busy machine makes an answer late, and none early: the quickest of a name's is what its upstreams took.
    for (let tries = 0; tries < 3; tries += 1) {
      for (const name of ['ann@acme.test', 'bob', 'cara', 'nobody']) {
        const began = performance.now();
        const { status, text } = await post(name, 'wrong-0001');
        const took = Math.floor((performance.now() - began) / 400);
        pages.add(`${status} ${text.replaceAll(name, 'NAME').replace(/form_token" value="[^"]+/, '')}`);
        beats.set(name, Math.min(beats.get(name) ?? Infinity, took));
      }
    }
    expect(pages.size).toBe(1);
    expect(new Set(beats.values()).size).toBe(1);
    const refused = ['password.wrong', 'password.wrong', 'password.wrong', 'password.unknown_name'];
    expect(world.refusals()).toEqual([...refused, ...refused, ...refused]);
  });

  it('counts all names alike, and answers alike when the count is full', async () => {
    const statuses = async (name: string) => {
      const seen = [];
      for (let times = 0; times < 5; times++) seen.push((await post(name, `wrong-${times}`)).status);
      return seen;
    };
    const known = await statuses('bob');
    expect(known).toEqual([422, 422, 422, 429, 429]);
    expect(await statuses('nobody')).toEqual(known);
  });
});
