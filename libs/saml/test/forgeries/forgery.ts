export interface Forgery {
  name: string;
  xml: string;
}

/** Signed only once somebody asks for it: most tests send one of many. */
export const lazily = (all: readonly { name: string; xml: () => string }[]): Forgery[] =>
  all.map(({ name, xml }) => ({
    name,
    get xml() {
      return xml();
    },
  }));

export const part = (xml: string, pattern: RegExp): string => {
  const found = pattern.exec(xml)?.[0];
  if (found === undefined) throw new Error(`nothing like ${pattern} in the message`);
  return found;
};

/** Replaces exactly once: an attack that does not take place proves nothing. */
export const swap = (xml: string, from: string | RegExp, to: string): string => {
  const out = xml.replace(from, () => to);
  if (out === xml) throw new Error(`nothing like ${String(from)} in the message`);
  return out;
};

export const signatureIn = (xml: string): string => part(xml, /<ds:Signature .*?<\/ds:Signature>/s);
export const assertionIn = (xml: string): string => part(xml, /<saml:Assertion .*<\/saml:Assertion>/s);
export const withoutSignature = (xml: string): string => swap(xml, signatureIn(xml), '');
