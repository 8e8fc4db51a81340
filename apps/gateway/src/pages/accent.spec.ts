import { accentCss } from './accent.js';

describe('a brand’s colour', () => {
  it.each([
    ['#ffdd00', '#14161b'],
    ['#fd0', '#14161b'],
    ['#102a6b', '#ffffff'],
  ])('%s carries legible text', (accent, onAccent) => {
    expect(accentCss(accent)).toContain(`--on-accent:${onAccent}`);
  });

  it.each(['#ffdd00', '#ffffff', '#000000', '#102a6b', '#808080', '#00ff66', '#e60000', '#2f5bd0'])(
    '%s has links that can be read on light and on dark paper',
    (accent) => {
      const [light = '', dark = ''] = [...accentCss(accent).matchAll(/--link:(#[0-9a-f]{6})/g)].map(([, link]) => link);
      expect(contrast(light, '#ffffff')).toBeGreaterThanOrEqual(5.5);
      expect(contrast(dark, '#1a1d25')).toBeGreaterThanOrEqual(5.5);
    },
  );

  it('is ours when it is no colour, and never echoed', () => {
    for (const accent of [undefined, 'red', '#12345', '#ffffff}body{display:none', 'url(x)']) {
      expect(accentCss(accent)).toBe(accentCss(undefined));
    }
  });
});

/** As WCAG 2 defines it, written again: what is held against it must not be its own measure. */
function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [one, other]
    .map((colour) => {
      const [red = 0, green = 0, blue = 0] = [...Buffer.from(colour.slice(1), 'hex')].map((byte) =>
        byte <= 10 ? byte / 3294 : ((byte / 255 + 0.055) / 1.055) ** 2.4,
      );
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    })
    .sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}
