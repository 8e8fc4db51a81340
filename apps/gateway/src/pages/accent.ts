const DEFAULT_ACCENT = '#2f5bd0';

/** The brand's colour, and what is legible on it: whichever of black and white has the better contrast (WCAG). */
export function coloursOf(accent: string | undefined): { accent: string; onAccent: string } {
  const colour = accent !== undefined && /^#[0-9a-f]{6}$/i.test(accent) ? accent : (longForm(accent) ?? DEFAULT_ACCENT);
  const light = luminance(colour);
  const onAccent = (light + 0.05) / 0.05 > 1.05 / (light + 0.05) ? '#14161b' : '#ffffff';
  return { accent: colour, onAccent };
}

export function accentCss(looks: string | undefined): string {
  const { accent, onAccent } = coloursOf(looks);
  return `:root{--accent:${accent};--on-accent:${onAccent}}\n`;
}

function longForm(accent: string | undefined): string | undefined {
  if (accent === undefined || !/^#[0-9a-f]{3}$/i.test(accent)) return undefined;
  return `#${[...accent.slice(1)].map((digit) => digit + digit).join('')}`;
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
