import { redacted } from './redacted.js';

describe('what an upstream said, as it is shown', () => {
  it('is flat, one line a name', () => {
    expect(redacted({ email: 'jo@acme.test', groups: ['a', 'b'], address: { country: 'FR' }, verified: true })).toEqual(
      [
        { name: 'email', value: 'jo@acme.test' },
        { name: 'groups', value: 'a, b' },
        { name: 'address.country', value: 'FR' },
        { name: 'verified', value: 'true' },
      ],
    );
  });

  it.each(['access_token', 'idToken', 'client_secret', 'userPassword', 'unicodePwd', 'at_hash', 'nonce'])(
    'shows no %s',
    (name) => {
      expect(
        JSON.stringify(redacted({ [name]: 'opens-something', nested: { [name]: 'opens-something' } })),
      ).not.toContain('opens-something');
    },
  );

  it('cuts what is long, and stops at what nobody reads', () => {
    expect(redacted({ essay: 'x'.repeat(1_000) })[0]?.value).toHaveLength(201);
    expect(redacted(Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`n${at}`, at])))).toHaveLength(60);
  });
});
