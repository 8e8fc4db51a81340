import { Refusal } from '@passbroker/model';
import { NS } from '../names.js';
import { decode, isLegal } from './characters.js';
import type { XmlAttribute, XmlElement } from './element.js';

export interface XmlLimits {
  bytes: number;
  depth: number;
  elements: number;
  /** Metadata is written by hand and may have comments; a message is not, and a comment in one is an attack. */
  comments?: boolean;
}

/** A message: the largest that real providers send (hundreds of groups) is about 60 KiB. */
export const MESSAGE_LIMITS: XmlLimits = { bytes: 131_072, depth: 24, elements: 4000 };

const ATTRIBUTES_PER_ELEMENT = 64;
const DECLARATION =
  /^<\?xml\s+version=(["'])1\.0\1(?:\s+encoding=(["'])utf-8\2)?(?:\s+standalone=(["'])(?:yes|no)\3)?\s*\?>/i;
const OPEN = /([A-Za-z_][\w.-]*)(?::([A-Za-z_][\w.-]*))?/y;
const CLOSE = /([\w.:-]+)[ \t\n]*>/y;
const ATTRIBUTE = /[ \t\n]+([A-Za-z_][\w.-]*)(?::([A-Za-z_][\w.-]*))?[ \t\n]*=[ \t\n]*(?:"([^"<]*)"|'([^'<]*)')/y;
const END_OF_TAG = /[ \t\n]*(\/?)>/y;
/** A relative name lets one canonicaliser fail and another write nothing at all (void canonicalisation). */
const ABSOLUTE = /^[A-Za-z][A-Za-z0-9+.-]*:\S+$/;

interface Open {
  element: XmlElement & { children: (XmlElement | string)[] };
  name: string;
}

const malformed = (detail: string): Refusal => new Refusal('upstream.malformed', `the XML ${detail}`);

/**
 * Reads the small part of XML that SAML is written in, and nothing else: elements, attributes, text, the five
 * predefined entities and character references. What is left out is what forgeries are made of: document types
 * and the entities they declare, processing instructions, CDATA, comments, a second root. Nothing is mended:
 * whatever is not well-formed, or not well-formed with respect to namespaces, is refused.
 *
 * One pass, linear, no look at the network or the clock. Held against two other parsers in `differential.spec.ts`.
 *
 * @throws Refusal upstream.malformed
 */
export function readXml(bytes: Uint8Array, limits: XmlLimits = MESSAGE_LIMITS): XmlElement {
  if (bytes.byteLength > limits.bytes) throw malformed(`has more than ${limits.bytes} bytes`);
  return readText(utf8(bytes), limits);
}

function readText(whole: string, limits: XmlLimits): XmlElement {
  const source = (whole.includes('\r') ? whole.replace(/\r\n?/g, '\n') : whole).replace(DECLARATION, '');
  if (!isLegal(source)) throw malformed('has characters that XML does not allow');
  const path: Open[] = [];
  let root: XmlElement | undefined;
  let count = 0;
  let at = 0;
  for (;;) {
    const tag = source.indexOf('<', at);
    readCharacters(source.slice(at, tag === -1 ? undefined : tag), path.at(-1));
    if (tag === -1) break;
    const next = source[tag + 1];
    if (next === '!' || next === '?') {
      at = skipComment(source, tag, limits);
    } else if (next === '/') {
      at = closeElement(source, tag + 2, path.pop());
    } else {
      if (root && path.length === 0) throw malformed('has more than one root');
      if (++count > limits.elements) throw malformed(`has more than ${limits.elements} elements`);
      if (path.length >= limits.depth) throw malformed(`is nested deeper than ${limits.depth}`);
      const parent = path.at(-1);
      const { open, closed, end } = openElement(source, tag + 1, parent?.element.scope);
      root ??= open.element;
      parent?.element.children.push(open.element);
      if (!closed) path.push(open);
      at = end;
    }
  }
  if (!root) throw malformed('has no element');
  if (path.length > 0) throw malformed('ends in the middle');
  return root;
}

function utf8(bytes: Uint8Array): string {
  try {
    // Takes one byte order mark away; throws where one decoder would guess and another would drop.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Refusal('upstream.malformed', 'the XML is not UTF-8', { cause });
  }
}

function readCharacters(raw: string, parent: Open | undefined): void {
  if (raw === '') return;
  if (raw.includes(']]>')) throw malformed('has the end of a CDATA section in its text');
  const text = decode(raw);
  if (parent) {
    const { children } = parent.element;
    const last = children.at(-1);
    // Text around a comment (metadata only) stays one text: nobody reads a prefix of it.
    if (typeof last === 'string') children[children.length - 1] = last + text;
    else children.push(text);
  } else if (/[^ \t\n]/.test(raw)) throw malformed('has text outside of its root');
}

function skipComment(source: string, tag: number, limits: XmlLimits): number {
  if (source.startsWith('<!DOCTYPE', tag)) throw malformed('has a document type');
  if (source.startsWith('<![', tag)) throw malformed('has a CDATA section');
  if (!source.startsWith('<!--', tag)) throw malformed('has a processing instruction or a declaration');
  if (limits.comments !== true) throw malformed('has a comment');
  const end = source.indexOf('--', tag + 4);
  if (end === -1 || source[end + 2] !== '>') throw malformed('has a comment without end');
  return end + 3;
}

function closeElement(source: string, at: number, open: Open | undefined): number {
  CLOSE.lastIndex = at;
  const match = CLOSE.exec(source);
  if (!match || match[1] !== open?.name) throw malformed('closes an element that is not open');
  return CLOSE.lastIndex;
}

function openElement(source: string, at: number, outer: ReadonlyMap<string, string> = new Map()) {
  OPEN.lastIndex = at;
  const match = OPEN.exec(source);
  if (!match) throw malformed('has a tag without a name');
  const raw: { prefix: string; local: string; value: string }[] = [];
  const seen = new Set<string>();
  let scope = outer;
  let end = OPEN.lastIndex;
  for (;;) {
    ATTRIBUTE.lastIndex = end;
    const found = ATTRIBUTE.exec(source);
    if (!found) break;
    end = ATTRIBUTE.lastIndex;
    const { prefix, local } = qname(found);
    if (seen.add(`${prefix}:${local}`).size > ATTRIBUTES_PER_ELEMENT) throw malformed('has too many attributes');
    // Literal white space is a space, XML 1.0 3.3.3; what was written as a reference stays.
    const value = decode((found[3] ?? found[4] ?? '').replace(/[\t\n]/g, ' '));
    if (prefix === 'xmlns' || (prefix === '' && local === 'xmlns')) {
      scope = declare(scope === outer ? new Map(outer) : new Map(scope), prefix === '' ? '' : local, value);
      raw.push({ prefix: 'xmlns', local: prefix === '' ? '' : local, value });
    } else raw.push({ prefix, local, value });
  }
  if (seen.size !== raw.length) throw malformed('has an attribute twice');
  END_OF_TAG.lastIndex = end;
  const tail = END_OF_TAG.exec(source);
  if (!tail) throw malformed('has a tag that is not well-formed');
  const { prefix, local } = qname(match);
  const element = {
    prefix,
    local,
    namespace: resolve(scope, prefix),
    attributes: attributesOf(raw, scope),
    scope,
    children: [],
  };
  return { open: { element, name: match[0] }, closed: tail[1] === '/', end: END_OF_TAG.lastIndex };
}

const qname = (match: RegExpExecArray): { prefix: string; local: string } =>
  match[2] === undefined ? { prefix: '', local: match[1] ?? '' } : { prefix: match[1] ?? '', local: match[2] };

/** Namespaces in XML 1.0: the two reserved names stay what they are, and no prefix is taken back. */
function declare(scope: Map<string, string>, prefix: string, uri: string): Map<string, string> {
  const reserved = prefix === 'xml' || prefix === 'xmlns' || uri === NS.xml || uri === NS.xmlns;
  if (reserved && !(prefix === 'xml' && uri === NS.xml)) throw malformed('declares a reserved namespace');
  if (uri === '' ? prefix !== '' : !ABSOLUTE.test(uri)) throw malformed('declares a namespace that is not absolute');
  return scope.set(prefix, uri);
}

function resolve(scope: ReadonlyMap<string, string>, prefix: string): string {
  const uri = prefix === 'xml' ? NS.xml : scope.get(prefix);
  if (uri === undefined && prefix !== '') throw malformed('uses a prefix that is not declared');
  return uri ?? '';
}

function attributesOf(
  raw: readonly { prefix: string; local: string; value: string }[],
  scope: ReadonlyMap<string, string>,
): XmlAttribute[] {
  const attributes = raw
    .filter(({ prefix }) => prefix !== 'xmlns')
    .map(({ prefix, local, value }) => ({
      prefix,
      local,
      value,
      namespace: prefix === '' ? '' : resolve(scope, prefix),
    }));
  // Two prefixes of one namespace would give one attribute two values.
  if (attributes.length > 1 && new Set(attributes.map((a) => `${a.namespace} ${a.local}`)).size !== attributes.length) {
    throw malformed('has an attribute twice');
  }
  return attributes;
}
