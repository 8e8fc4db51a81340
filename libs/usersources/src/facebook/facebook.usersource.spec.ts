import { behavesAsOAuth2, oauth2World } from '../../test/oauth2-suite.js';

const ME = '/graph.facebook.com/v23.0/me';
const SUBJECT = '10158912345678901';
const world = oauth2World('facebook', () => [[ME, { id: SUBJECT, name: 'Jane', email: 'jane@acme.test' }]]);

describe('facebook', () => {
  behavesAsOAuth2(world, 'facebook', SUBJECT);

  it('says who somebody is, by a number that never changes', async () => {
    const { to } = await world.begin();
    expect(Object.fromEntries(to.searchParams)).toMatchObject({ code_challenge_method: 'S256', client_id: 'broker' });
    expect(await world.signIn()).toMatchObject({
      usersource: 'facebook',
      subject: SUBJECT,
      claims: { name: 'Jane', email: 'jane@acme.test', emailVerified: false },
    });
  });

  it('shows Facebook that it holds the secret of the app', async () => {
    await world.signIn();
    expect(world.there.heard.at(-1)?.query.get('appsecret_proof')).toMatch(/^[0-9a-f]{64}$/);
  });

  it('refuses a profile without a number', async () => {
    world.there.answers.set(ME, { name: 'Jane' });
    await expect(world.signIn()).rejects.toMatchObject({ code: 'upstream.malformed' });
  });
});
