import { behavesAsOAuth2, oauth2World } from '../../test/oauth2-suite.js';

const USER = '/api.github.com/user';
const world = oauth2World('github', () => [
  [USER, { id: 583231, login: 'jane', name: 'Jane', email: 'shown@acme.test' }],
  [
    `${USER}/emails`,
    [
      { email: 'old@acme.test', primary: false, verified: true },
      { email: 'jane@acme.test', primary: true, verified: true },
    ],
  ],
]);

describe('github', () => {
  behavesAsOAuth2(world, 'github', '583231');

  it('says who somebody is, by a number that never changes', async () => {
    const { to } = await world.begin();
    expect(Object.fromEntries(to.searchParams)).toMatchObject({ code_challenge_method: 'S256', client_id: 'broker' });
    expect(await world.signIn()).toMatchObject({
      usersource: 'github',
      subject: '583231',
      claims: { username: 'jane', name: 'Jane', email: 'jane@acme.test', emailVerified: true },
    });
  });

  it('takes no address that GitHub has not verified', async () => {
    world.there.answers.set(`${USER}/emails`, [{ email: 'boss@acme.test', primary: true, verified: false }]);
    expect((await world.signIn()).claims).not.toHaveProperty('email');
  });

  it('refuses a profile without a number', async () => {
    world.there.answers.set(USER, { login: 'jane' });
    await expect(world.signIn()).rejects.toMatchObject({ code: 'upstream.malformed' });
  });
});
