import { requestKind } from './request-kind.js';

describe('a navigation', () => {
  it('is what a browser says it is', () => {
    expect(requestKind({ 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' })).toBe('navigate');
    expect(requestKind({ 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' })).toBe('fetch');
    expect(requestKind({ 'sec-fetch-site': 'cross-site' })).toBe('fetch');
  });

  it('is not a prefetch', () => {
    const headers = { 'sec-purpose': 'prefetch', 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' };
    expect(requestKind(headers)).toBe('fetch');
  });

  it('is assumed of clients without Fetch Metadata, unless they ask for data', () => {
    expect(requestKind({})).toBe('navigate');
    expect(requestKind({ accept: 'text/html,*/*' })).toBe('navigate');
    expect(requestKind({ accept: 'application/json' })).toBe('fetch');
    expect(requestKind({ 'x-requested-with': 'XMLHttpRequest' })).toBe('fetch');
  });
});
