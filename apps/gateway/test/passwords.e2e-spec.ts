import { PASSWORD, startWorld, type World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());
beforeEach(() => world.forget());

/** Posts as a browser with a page of ours open; by default without any cookie but the binding. */
async function guess(username: string, password: string, { origin = world.origin, cookie = '' } = {}) {
  return fetch(`${origin}/login`, {
    method: 'POST',
    body: new URLSearchParams({ username, password }),
    headers: {
      cookie: `passbroker_browser=${'b'.repeat(43)}; ${cookie}`,
      'sec-fetch-site': 'same-origin',
      'sec-fetch-mode': 'navigate',
    },
    redirect: 'manual',
  });
}
const device = (answer: Response): string =>
  answer.headers
    .getSetCookie()
    .find((line) => line.startsWith('passbroker_device='))
    ?.split(';')[0] ?? '';

describe('guessing', () => {
  it('PWD-001: is answered alike for names that exist and names that do not', async () => {
    const known = await guess('ann@acme.test', 'wrong');
    const unknown = await guess('nobody@acme.test', 'wrong');
    const page = async (answer: Response, name: string) => (await answer.text()).replaceAll(name, 'NAME');
    expect(unknown.status).toBe(known.status);
    expect(await page(unknown, 'nobody@acme.test')).toBe(await page(known, 'ann@acme.test'));
    const names = (answer: Response) => [...answer.headers.keys()].filter((name) => name !== 'date').sort();
    expect(names(unknown)).toEqual(names(known));
  });

  it('PWD-008: looks the same for a disabled account with the right password', async () => {
    const wrong = await (await guess('ann@acme.test', 'wrong')).text();
    world.catalog.changeAccount('acc_ann', { disabled: true });
    const right = await guess('ann@acme.test', PASSWORD);
    expect([right.status, await right.text()]).toEqual([422, wrong]);
    expect(world.refusals()).toEqual(['password.wrong', 'account.disabled']);
    world.catalog.changeAccount('acc_ann', { disabled: false });
  });

  it('PWD-004, PWD-009: gets ten tries, also when a hundred come at once over two gateways', async () => {
    const tries = Array.from({ length: 100 }, (_, one) =>
      guess('ann@acme.test', `guess ${one}`, { origin: one % 2 ? world.origin : world.other }),
    );
    const answers = (await Promise.all(tries)).map((answer) => answer.status);
    expect(answers.filter((status) => status === 422)).toHaveLength(10);
    expect(answers.filter((status) => status === 429)).toHaveLength(90);
    const right = await guess('ann@acme.test', PASSWORD);
    expect([right.status, Number(right.headers.get('retry-after')) > 0]).toEqual([429, true]);
  });

  it('PWD-005: by strangers does not keep the owner’s own browser out', async () => {
    const cookie = device(await guess('ann@acme.test', PASSWORD));
    await Promise.all(Array.from({ length: 50 }, () => guess('ann@acme.test', 'wrong')));
    expect((await guess('ann@acme.test', PASSWORD)).status).toBe(429);
    expect((await guess('ann@acme.test', PASSWORD, { cookie })).status).toBe(303);
  });

  it('PWD-020: gains nothing by the cookie of another person’s browser', async () => {
    world.catalog.addAccount(
      'acc_bob',
      { emails: [{ value: 'bob@acme.test', verified: true }] },
      world.catalog.hashes.get('acc_ann'),
    );
    const cookie = device(await guess('bob@acme.test', PASSWORD));
    for (let one = 0; one < 10; one += 1) await guess('ann@acme.test', 'wrong', { cookie });
    expect((await guess('ann@acme.test', 'wrong', { cookie })).status).toBe(429);
  });

  it('PWD-007: of one password for many names is slowed by address', async () => {
    const answers = await Promise.all(
      Array.from({ length: 120 }, (_, one) => guess(`user${one}@acme.test`, 'Spring2030')),
    );
    expect(answers.filter((answer) => answer.status === 429).length).toBeGreaterThanOrEqual(20);
  });

  it('PWD-006: ignores forwarded addresses of peers nobody trusts', async () => {
    for (let one = 0; one < 10; one += 1) await guess('ann@acme.test', 'wrong');
    const answer = await fetch(`${world.origin}/login`, {
      method: 'POST',
      body: new URLSearchParams({ username: 'ann@acme.test', password: 'wrong' }),
      headers: {
        cookie: `passbroker_browser=${'b'.repeat(43)}`,
        'sec-fetch-site': 'same-origin',
        'x-forwarded-for': '203.0.113.9',
      },
    });
    expect(answer.status).toBe(429);
  });

  it('PWD-010: with a password of a megabyte is refused unread', async () => {
    expect((await guess('ann@acme.test', 'x'.repeat(1_048_576))).status).toBe(413);
    expect((await guess('ann@acme.test', 'x'.repeat(2_000))).status).toBe(400);
  });
});
