import { homeOf, isHereOnly } from './loopback.js';

const asked = (host: string, url = '/login?x=1', method = 'GET') =>
  homeOf({ method, url, headers: { host } }, 'http://localhost:3000');

describe('a loopback address', () => {
  it.each(['127.0.0.1:3000', '[::1]:3000'])('%s is led to the name the brand has', (host) => {
    expect(asked(host)).toBe('http://localhost:3000/login?x=1');
  });

  it('is left alone when it is the name itself, another port, or a post', () => {
    expect(asked('localhost:3000')).toBeUndefined();
    expect(asked('127.0.0.1:4000')).toBeUndefined();
    expect(asked('127.0.0.1:3000', '/login', 'POST')).toBeUndefined();
  });

  it.each(['evil.test:3000', '127.0.0.1.evil.test:3000', 'localhost.evil.test:3000', ''])(
    '%j stays unknown, whatever it looks like',
    (host) => {
      expect(asked(host)).toBeUndefined();
    },
  );

  it('leads nowhere else, whatever the path looks like', () => {
    expect(new URL(asked('127.0.0.1:3000', '//evil.test/x') ?? '').host).toBe('localhost:3000');
    expect(asked('127.0.0.1:3000', 'http://evil.test/')).toBeUndefined();
    expect(
      homeOf({ method: 'GET', url: '/', headers: { host: '127.0.0.1:3000' } }, 'https://login.acme.test'),
    ).toBeUndefined();
  });
});

describe('a broker that only this machine reaches', () => {
  it.each([
    ['127.0.0.1', 'http://localhost:3000', true],
    ['::1', 'http://[::1]:3000', true],
    ['0.0.0.0', 'http://localhost:3000', false],
    ['127.0.0.1', 'https://login.acme.test', false],
    ['127.0.0.1', 'http://localhost.acme.test:3000', false],
    ['192.0.2.1', 'http://192.0.2.1:3000', false],
  ])('at %s as %s: %s', (BIND_ADDRESS, PUBLIC_URL, here) => {
    expect(isHereOnly({ BIND_ADDRESS, PUBLIC_URL })).toBe(here);
  });
});
