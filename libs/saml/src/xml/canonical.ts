import { escapeAttribute, escapeText } from './characters.js';
import { isElement, nameOf, type XmlAttribute, type XmlElement } from './element.js';

export interface CanonicalOptions {
  /** Left out with all it holds: the signature of an enveloped one. */
  without?: XmlElement;
  /** `InclusiveNamespaces PrefixList`; '' for `#default`. */
  inclusive?: readonly string[];
}

const NONE: ReadonlyMap<string, string> = new Map();
const byCodePoint = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Exclusive XML Canonicalization 1.0 without comments (there are none here): the one way to write an element,
 * as signatures are made over. Should this ever differ from what a signer wrote, a signature does not fit and
 * the message is refused; it cannot make a wrong one fit.
 *
 * @see https://www.w3.org/TR/xml-exc-c14n/
 */
export function canonical(element: XmlElement, options: CanonicalOptions = {}): string {
  const out: string[] = [];
  write(element, NONE, options, out);
  return out.join('');
}

function write(
  element: XmlElement,
  rendered: ReadonlyMap<string, string>,
  options: CanonicalOptions,
  out: string[],
): void {
  const name = nameOf(element);
  const { declarations, now } = namespaces(element, rendered, options.inclusive);
  out.push('<', name);
  for (const [prefix, uri] of declarations) {
    out.push(prefix === '' ? ' xmlns="' : ` xmlns:${prefix}="`, escapeAttribute(uri), '"');
  }
  for (const each of inOrder(element.attributes)) {
    out.push(' ', each.prefix === '' ? '' : `${each.prefix}:`, each.local, '="', escapeAttribute(each.value), '"');
  }
  out.push('>');
  for (const child of element.children) {
    if (!isElement(child)) out.push(escapeText(child));
    else if (child !== options.without) write(child, now, options, out);
  }
  out.push('</', name, '>');
}

/** What is visibly used here, or asked for by name, and does not stand in the output above already. */
function namespaces(
  element: XmlElement,
  rendered: ReadonlyMap<string, string>,
  inclusive: readonly string[] = [],
): { declarations: [string, string][]; now: ReadonlyMap<string, string> } {
  const used = new Set([element.prefix]);
  for (const { prefix } of element.attributes) if (prefix !== '') used.add(prefix);
  for (const prefix of inclusive) if (element.scope.has(prefix)) used.add(prefix);
  const declarations: [string, string][] = [];
  for (const prefix of used) {
    const uri = element.scope.get(prefix) ?? '';
    if (prefix !== 'xml' && uri !== (rendered.get(prefix) ?? '')) declarations.push([prefix, uri]);
  }
  if (declarations.length === 0) return { declarations, now: rendered };
  declarations.sort(([a], [b]) => byCodePoint(a, b));
  return { declarations, now: new Map([...rendered, ...declarations]) };
}

const inOrder = (attributes: readonly XmlAttribute[]): readonly XmlAttribute[] =>
  attributes.length < 2
    ? attributes
    : [...attributes].sort((a, b) => byCodePoint(a.namespace, b.namespace) || byCodePoint(a.local, b.local));
