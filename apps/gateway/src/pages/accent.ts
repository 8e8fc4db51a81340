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
  const [light, dark] = linksOf(accent);
  return (
    `:root{--accent:${accent};--on-accent:${onAccent};--link:${light}}\n` +
    `@media (prefers-color-scheme:dark){:root{--link:${dark}}}\n`
  );
}

/** More than the 4.5 that WCAG wants on paper: links stand on tinted grounds too. */
const LEGIBLE = 5.5;

/** What links and focus rings are drawn in, on light and on dark paper: yellow on white can be read by nobody. */
const linksOf = (accent: string): [light: string, dark: string] => [
  towards('#000000', { accent, paper: '#ffffff', least: 0.12 }),
  towards('#ffffff', { accent, paper: '#1a1d25', least: 0.45 }),
];

function towards(end: string, { accent, paper, least }: { accent: string; paper: string; least: number }): string {
  const onPaper = luminance(paper);
  for (let part = least; part < 1; part += 0.04) {
    const colour = mixed(accent, end, part);
    const at = luminance(colour);
    if ((Math.max(at, onPaper) + 0.05) / (Math.min(at, onPaper) + 0.05) >= LEGIBLE) return colour;
  }
  return end;
}

const partsOf = (colour: string): number[] => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));

const mixed = (from: string, to: string, part: number): string => {
  const ends = partsOf(to);
  const parts = partsOf(from).map((one, at) => Math.round(one * (1 - part) + (ends[at] ?? 0) * part));
  return `#${parts.map((one) => one.toString(16).padStart(2, '0')).join('')}`;
};

function longForm(accent: string | undefined): string | undefined {
  if (accent === undefined || !/^#[0-9a-f]{3}$/i.test(accent)) return undefined;
  return `#${[...accent.slice(1)].map((digit) => digit + digit).join('')}`;
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = partsOf(colour)
    .map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
