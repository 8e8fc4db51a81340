import { behavesAsOAuth2, oauth2World } from '../../test/oauth2-suite.js';

const ME = '/api.x.com/2/users/me';
const world = oauth2World('twitter', () => [
  [ME, { data: { id: '2244994945', username: 'jane', name: 'Jane', confirmed_email: 'jane@acme.test' } }],
]);

describe('twitter', () => {
  behavesAsOAuth2(world, 'twitter', '2244994945');

  it('says who somebody is, by a number that never changes', async () => {
    const { to } = await world.begin();
    expect(Object.fromEntries(to.searchParams)).toMatchObject({ code_challenge_method: 'S256', client_id: 'broker' });
    expect(await world.signIn()).toMatchObject({
      usersource: 'twitter',
      subject: '2244994945',
      claims: { username: 'jane', name: 'Jane', email: 'jane@acme.test', emailVerified: true },
    });
  });

  it('shows its credentials in the header', async () => {
    await world.signIn();
    expect(world.there.heard.findLast(({ path }) => path.endsWith('/token'))?.authorization).toMatch(/^Basic /);
  });

  it('refuses a profile without a number', async () => {
    world.there.answers.set(ME, { data: { username: 'jane', name: 'Jane' } });
    await expect(world.signIn()).rejects.toMatchObject({ code: 'upstream.malformed' });
  });
});
