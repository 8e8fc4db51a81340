/** What stands between the words of a sentence in any of our languages. */
const BETWEEN = /([\s«»„“”()（）、。]+)/u;

const escaped = (text: string): string => text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);

/**
 * A sentence as markup, with the addresses in it kept in one piece: browsers break lines after a hyphen, and turn the
 * parts of "ann@acme.test" round where the sentence runs from right to left.
 */
export const withAddresses = (sentence: string): string =>
  sentence
    .split(BETWEEN)
    .map((word) => (word.includes('@') ? marked(word) : escaped(word)))
    .join('');

function marked(word: string): string {
  const [address = ''] = /^.*[\p{L}\p{N}]/u.exec(word) ?? [];
  return `<bdi class="address">${escaped(address)}</bdi>${escaped(word.slice(address.length))}`;
}
