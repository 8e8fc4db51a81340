/** Languages of our pages, each by the name its readers know it by. */
export const LANGUAGES = { en: 'English', de: 'Deutsch', fr: 'Français', es: 'Español', ja: '日本語' } as const;
export type Language = keyof typeof LANGUAGES;

export const isLanguage = (value: string | undefined): value is Language =>
  value !== undefined && Object.hasOwn(LANGUAGES, value);

/** A tag of BCP 47, as much of it as we speak: `de-AT` is German to us. */
export function languageOf(tag: string): Language | undefined {
  const primary = tag.trim().split(/[-_]/, 1)[0]?.toLowerCase();
  return isLanguage(primary) ? primary : undefined;
}

/** The first of a list that we speak, in the order of who wrote it (`ui_locales`). */
export function firstSpoken(tags: readonly string[] = []): Language | undefined {
  for (const tag of tags) {
    const language = languageOf(tag);
    if (language) return language;
  }
  return undefined;
}

/** Nobody's browser names more. */
const MAX_HEADER_CHARS = 500;

/** The best of an Accept-Language that we speak (RFC 9110, 12.5.4). `;q=0` means "not this one". */
export function accepted(header: string | undefined): Language | undefined {
  const wishes = (header ?? '')
    .slice(0, MAX_HEADER_CHARS)
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.split(';');
      const weight = parameters.map((one) => /^\s*q=([\d.]+)\s*$/i.exec(one)?.[1]).find((one) => one !== undefined);
      return { language: languageOf(tag), weight: weight === undefined ? 1 : Number(weight) };
    });
  // Stable: of two wishes of one weight, the first is meant first.
  return wishes.filter(({ language, weight }) => language && weight > 0).sort((a, b) => b.weight - a.weight)[0]
    ?.language;
}
