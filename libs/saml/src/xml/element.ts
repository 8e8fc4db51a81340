import { Refusal } from '@passbroker/model';

export interface XmlAttribute {
  readonly prefix: string;
  readonly local: string;
  /** Empty for an attribute without prefix: the default namespace is not for attributes. */
  readonly namespace: string;
  readonly value: string;
}

/** One element as it was read: never changed afterwards, so that what was checked is what is used. */
export interface XmlElement {
  readonly prefix: string;
  readonly local: string;
  readonly namespace: string;
  /** Without the namespace declarations. */
  readonly attributes: readonly XmlAttribute[];
  /** Every prefix that may be used here, '' for the default. */
  readonly scope: ReadonlyMap<string, string>;
  readonly children: readonly (XmlElement | string)[];
}

export const isElement = (node: XmlElement | string): node is XmlElement => typeof node !== 'string';

export const is = (element: XmlElement, namespace: string, local: string): boolean =>
  element.local === local && element.namespace === namespace;

export const nameOf = (element: XmlElement): string =>
  element.prefix === '' ? element.local : `${element.prefix}:${element.local}`;

/** The value of an attribute without prefix. */
export function attribute(element: XmlElement, name: string): string | undefined {
  return element.attributes.find((each) => each.local === name && each.namespace === '')?.value;
}

export const elementsOf = (element: XmlElement): XmlElement[] => element.children.filter(isElement);

/** Direct children only: whoever searches descendants finds what an attacker hid there (XSW). */
export const childrenOf = (element: XmlElement, namespace: string, local: string): XmlElement[] =>
  elementsOf(element).filter((child) => is(child, namespace, local));

/** @throws Refusal upstream.malformed when there are two */
export function childOf(element: XmlElement, namespace: string, local: string): XmlElement | undefined {
  const [first, second] = childrenOf(element, namespace, local);
  if (second) throw new Refusal('upstream.malformed', `${element.local} has more than one ${local}`);
  return first;
}

/** @throws Refusal upstream.malformed unless there is exactly one */
export function oneChildOf(element: XmlElement, namespace: string, local: string): XmlElement {
  const child = childOf(element, namespace, local);
  if (!child) throw new Refusal('upstream.malformed', `${element.local} has no ${local}`);
  return child;
}

/** The whole text. An element inside is refused: `<NameID>a<b/>dmin</NameID>` reads differently everywhere. */
export function textOf(element: XmlElement): string {
  const [text = '', ...more] = element.children;
  if (isElement(text) || more.length > 0) {
    throw new Refusal('upstream.malformed', `${element.local} holds an element where only text may stand`);
  }
  return text;
}

/** Every element below and including this one, in document order. */
export function everyElement(element: XmlElement, found: XmlElement[] = []): XmlElement[] {
  found.push(element);
  for (const child of element.children) if (isElement(child)) everyElement(child, found);
  return found;
}
