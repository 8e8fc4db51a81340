import type { PasswordHasher } from '@passbroker/usersources';
import { Argon2Hasher } from '../src/passwords/argon2.hasher.js';
import { PASSWORD, startWorld, type World } from './world.js';

const NEW = 'seven purple tractors';

/** The next password that turns out right is held back until somebody lets it go on. */
class SlowHasher extends Argon2Hasher implements PasswordHasher {
  private hold: { found: () => void; goOn: Promise<void> } | undefined;

  override async verify(encoded: string, password: string): Promise<boolean> {
    const held = this.hold;
    this.hold = undefined;
    const right = await super.verify(encoded, password);
    held?.found();
    await held?.goOn;
    return right;
  }

  holdNext(): { found: Promise<void>; goOn: () => void } {
    const [found, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    this.hold = { found: found.resolve, goOn: goOn.promise };
    return { found: found.promise, goOn: goOn.resolve };
  }
}

const hasher = new SlowHasher();
let world: World;
let hash: string;
beforeAll(async () => {
  world = await startWorld({ hasher });
  hash = world.catalog.hashes.get('acc_ann') ?? '';
});
afterAll(() => world.stop());
beforeEach(async () => {
  await world.forget();
  world.catalog.hashes.set('acc_ann', hash);
});

async function submit(password = PASSWORD) {
  const browser = world.browser();
  const [form] = (await browser.visit('/login')).forms;
  if (!form) throw new Error('no form');
  return { browser, page: await browser.submit(form, { username: 'ann@acme.test', password }) };
}

const endAll = async (account: string) => world.gateway.questions['sessions.end_all']?.({ account });

/** The old password has been found right, and its session is not open yet. */
async function late(meanwhile: () => Promise<unknown>) {
  const held = hasher.holdNext();
  const signingIn = submit();
  await held.found;
  await meanwhile();
  held.goOn();
  const { browser, page } = await signingIn;
  return { status: page.status, here: (await browser.visit('/')).text.includes('Hello, Ann') };
}

describe('a sign-in whose password was looked at a moment ago', () => {
  it('goes on when nothing was ended meanwhile', async () => {
    expect(await late(async () => undefined)).toEqual({ status: 200, here: true });
  });

  it('is refused when the password was changed before its session opened', async () => {
    const { browser: owner } = await submit();
    const change = async () => {
      const [form] = (await owner.visit('/change-password')).forms;
      if (!form) throw new Error('no form');
      await owner.submit(form, { old_password: PASSWORD, password: NEW, repeated: NEW });
    };
    expect(await late(change)).toEqual({ status: 422, here: false });
    expect(await world.sessions()).toHaveLength(1);
    expect((await owner.visit('/')).text).toContain('Hello, Ann');
    expect((await submit(NEW)).page.text).toContain('Hello, Ann');
  });

  it('is refused when an admin ended all sessions, and may try again', async () => {
    expect(await late(() => endAll('acc_ann'))).toEqual({ status: 422, here: false });
    expect((await submit()).page.text).toContain('Hello, Ann');
  });

  it('goes on when it was another account whose sessions were ended', async () => {
    expect(await late(() => endAll('acc_gus'))).toEqual({ status: 200, here: true });
  });
});
