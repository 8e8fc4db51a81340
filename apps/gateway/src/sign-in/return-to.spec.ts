import { pathOfOurs } from './return-to.js';

const ORIGIN = 'https://login.acme.test';

describe('a path to return to', () => {
  it.each(['/', '/agent/', '/agent/tickets?id=1&x=%2F'])('may be %s', (path) => {
    expect(pathOfOurs(path, ORIGIN)).toBe(path);
  });

  it.each([
    '//evil.test/',
    '/\\evil.test',
    '/a\\b',
    'https://evil.test/',
    'javascript:alert(1)',
    'agent/',
    '',
    '/\u0000',
    '/ü',
    '/a b',
    '/\t/evil.test',
    `/${'x'.repeat(3_000)}`,
  ])('is never %j', (path) => {
    expect(pathOfOurs(path, ORIGIN)).toBeUndefined();
  });
});
