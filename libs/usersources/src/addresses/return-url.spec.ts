import { isPattern, listedAddress } from './return-url.js';
import { isHttpsOrLoopback, isLoopback } from './web-address.js';

describe('return addresses', () => {
  it('takes what is listed, and refuses what only looks like it', () => {
    const listed = (to: string) => listedAddress(to, ['https://help.acme.test/*']);
    expect(listed('https://help.acme.test/a?b=c#d')).toBe('https://help.acme.test/a?b=c#d');
    expect(listed('https://help.acme.test.evil.test/a')).toBeUndefined();
    expect(listed('https://help.acme.test@evil.test/a')).toBeUndefined();
    expect(isPattern('https://*.acme.test/*')).toBe(false);
  });

  it('passes on what it judged, not how that was written', () => {
    const listed = (to: string) => listedAddress(to, ['https://help.acme.test/*']);
    expect(listed('https://help.acme.test\\@evil.test/')).toBe('https://help.acme.test/@evil.test/');
    expect(listed('https:\\\\help.acme.test/a')).toBe('https://help.acme.test/a');
    expect(listed('ht\ntps://help.acme.test/\ta')).toBe('https://help.acme.test/a');
    expect(listed('HTTPS://Help.Acme.Test:443/a/../b')).toBe('https://help.acme.test/b');
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
