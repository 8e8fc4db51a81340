/** Text that is markup already; everything else is escaped on its way into a page. */
export class Html {
  constructor(readonly markup: string) {}
}

export type Piece = Html | string | number | undefined | false | Piece[];

const MARKS: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function markupOf(piece: Piece): string {
  if (piece instanceof Html) return piece.markup;
  if (Array.isArray(piece)) return piece.map(markupOf).join('');
  if (piece === undefined || piece === false) return '';
  return String(piece).replaceAll(/[&<>"']/g, (mark) => MARKS[mark] ?? mark);
}

export const html = (strings: TemplateStringsArray, ...pieces: Piece[]): Html =>
  new Html(strings.reduce((page, part, at) => page + markupOf(pieces[at - 1]) + part));

/** The little markdown that descriptions use: code, bold, paragraphs, one level of list. */
export function prose(text: string): Html {
  const inline = (line: string): Html[] =>
    line
      .split(/(`[^`]+`|\*\*[^*]+\*\*)/)
      .map((part) =>
        part.startsWith('`')
          ? html`<code>${part.slice(1, -1)}</code>`
          : part.startsWith('**')
            ? html`<strong>${part.slice(2, -2)}</strong>`
            : html`${part}`,
      );
  return html`${text.split(/\n{2,}/).map((block) => {
    const lines = block.split('\n');
    return lines.every((line) => line.startsWith('* '))
      ? html`<ul>
          ${lines.map((line) => html`<li>${inline(line.slice(2))}</li>`)}
        </ul>`
      : html`<p>${inline(lines.join(' '))}</p>`;
  })}`;
}
