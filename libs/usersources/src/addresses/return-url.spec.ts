import { isListed, isPattern } from './return-url.js';
import { isHttpsOrLoopback, isLoopback } from './web-address.js';

describe('return addresses', () => {
  it('takes what is listed, and refuses what only looks like it', () => {
    expect(isListed('https://help.acme.test/a', ['https://help.acme.test/*'])).toBe(true);
    expect(isListed('https://help.acme.test.evil.test/a', ['https://help.acme.test/*'])).toBe(false);
    expect(isPattern('https://*.acme.test/*')).toBe(false);
  });
});

describe('web addresses', () => {
  it.each(['https://a.test/', 'http://localhost:1/', 'http://127.0.0.1/', 'http://[::1]:3/', 'http://x.localhost/'])(
    'takes %s',
    (address) => expect(isHttpsOrLoopback(address)).toBe(true),
  );

  it.each(['http://a.test/', 'https://u:p@a.test/', 'ftp://localhost/', 'javascript:1', 'http://localhost.evil.test/'])(
    'refuses %s',
    (address) => expect(isHttpsOrLoopback(address)).toBe(false),
  );

  it('knows this machine', () => {
    expect(isLoopback('https://localhost/')).toBe(true);
    expect(isLoopback('https://a.test/')).toBe(false);
  });
});
