import { canonical } from '../src/xml/canonical.js';
import { everyElement, isElement, type XmlElement } from '../src/xml/element.js';
import { readXml } from '../src/xml/read-xml.js';

/** Random, and the same on every machine: a mutation that was found is found again by its seed. */
export type Random = (below: number) => number;

export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

type Node = XmlElement | string;
type Draft = { -readonly [Name in keyof XmlElement]: XmlElement[Name] } & { children: Node[] };

const isDraft = (node: Node): node is Draft => isElement(node);
const thaw = (element: XmlElement): Draft => ({
  ...element,
  attributes: element.attributes.map((each) => ({ ...each })),
  children: element.children.map((child) => (isElement(child) ? thaw(child) : child)),
});

const IDS = ['_response', '_assertion', '_evil', '_request'];
const WORDS = ['admin', 'admin@acme.test', '_request', 'https://evil.test/acs', '2.0', '', 'x', ...IDS];
const INSERTS = [
  '<!---->',
  '<![CDATA[x]]>',
  '<?x?>',
  '&amp;',
  '&#x61;',
  '&x;',
  ' ',
  '\n',
  '\r\n',
  '<x/>',
  '</x>',
  '\0',
  '"',
  '>',
  '<',
  '&',
];
const RENAMES = [
  'Assertion',
  'Response',
  'Signature',
  'EncryptedAssertion',
  'NameID',
  'Extensions',
  'Object',
  'Advice',
];

/** Bends the tree of a message as somebody would who wants another name to be read, or a check to be missed. */
function bendTree(xml: string, random: Random): string {
  const root = thaw(readXml(Buffer.from(xml)));
  const all = everyElement(root).filter(isDraft);
  const any = (): Draft => all[random(all.length)] ?? root;
  const evil = (element: Draft): Draft => {
    const copy = thaw(
      readXml(Buffer.from(canonical(element).replaceAll('alice', 'admin').replaceAll('>user<', '>admin<'))),
    );
    if (random(2) === 0)
      copy.attributes = copy.attributes.map((a) => (a.local === 'ID' ? { ...a, value: '_evil' } : a));
    return copy;
  };
  const insert = (into: Draft, what: Node): void =>
    void into.children.splice(random(into.children.length + 1), 0, what);
  const remove = (what: Draft): void => {
    for (const element of all) element.children = element.children.filter((child) => child !== what);
  };
  const target = any();
  switch (random(12)) {
    case 0:
      insert(any(), evil(target));
      break;
    case 1:
      insert(any(), thaw(target));
      break;
    case 2:
      remove(target);
      if (target !== root && !everyElement(target).includes(root)) insert(root, target);
      break;
    case 3:
      remove(target);
      break;
    case 4:
      Object.assign(target, evil(target));
      break;
    case 5: {
      const [attribute] = [...target.attributes].splice(random(target.attributes.length || 1), 1);
      target.attributes = target.attributes.map((a) =>
        a === attribute ? { ...a, value: WORDS[random(WORDS.length)] ?? '' } : a,
      );
      break;
    }
    case 6:
      target.attributes = target.attributes.filter((_, index) => index !== random(target.attributes.length));
      break;
    case 7:
      target.attributes = [
        ...target.attributes,
        { prefix: '', namespace: '', local: ['ID', 'Id', 'x'][random(3)] ?? 'x', value: IDS[random(IDS.length)] ?? '' },
      ];
      break;
    case 8:
      target.local = RENAMES[random(RENAMES.length)] ?? 'x';
      break;
    case 9: {
      const wrapper: Draft = { ...any(), attributes: [], children: [thaw(target)] };
      Object.assign(target, wrapper);
      break;
    }
    case 10:
      target.children = [...target.children].reverse();
      break;
    default:
      target.children = target.children.map((child) => (isDraft(child) ? child : (WORDS[random(WORDS.length)] ?? '')));
  }
  return canonical(root);
}

/** Bends the text: what a parser mends, another one does not. */
function bendText(xml: string, random: Random): string {
  const at = random(xml.length);
  switch (random(6)) {
    case 0:
      return xml.slice(0, at) + (INSERTS[random(INSERTS.length)] ?? '') + xml.slice(at);
    case 1:
      return xml.slice(0, at) + xml.slice(at + 1 + random(8));
    case 2:
      return xml.slice(0, at) + String.fromCharCode(xml.charCodeAt(at) ^ (1 << random(7))) + xml.slice(at + 1);
    case 3: {
      const other = random(xml.length);
      return xml.slice(0, at) + xml.slice(other, other + random(400)) + xml.slice(at);
    }
    case 4: {
      const text = xml.indexOf('alice', random(xml.length));
      const place = text === -1 ? at : text + random(6);
      return xml.slice(0, place) + (INSERTS[random(INSERTS.length)] ?? '') + xml.slice(place);
    }
    default:
      return xml.replaceAll(
        ['samlp', 'saml', 'ds', '"'][random(4)] ?? 'x',
        ['saml', 'x', 'xml', 'xmlns', "'"][random(5)] ?? 'x',
      );
  }
}

/** One to three bends of a valid message. */
export function mutate(xml: string, random: Random): string {
  let bent = xml;
  for (let times = 1 + random(3); times > 0; times--) {
    try {
      bent = random(3) === 0 ? bendText(bent, random) : bendTree(bent, random);
    } catch {
      // The tree of what has been bent as text cannot always be read again: bent enough.
      return bent;
    }
  }
  return bent;
}
