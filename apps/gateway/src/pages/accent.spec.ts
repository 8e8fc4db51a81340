import { accentCss } from './accent.js';

describe('a brand’s colour', () => {
  it.each([
    ['#ffdd00', '#14161b'],
    ['#fd0', '#14161b'],
    ['#102a6b', '#ffffff'],
  ])('%s carries legible text', (accent, onAccent) => {
    expect(accentCss(accent)).toContain(`--on-accent:${onAccent}`);
  });

  it('is ours when it is no colour, and never echoed', () => {
    for (const accent of [undefined, 'red', '#12345', '#ffffff}body{display:none', 'url(x)']) {
      expect(accentCss(accent)).toBe(accentCss(undefined));
    }
  });
});
