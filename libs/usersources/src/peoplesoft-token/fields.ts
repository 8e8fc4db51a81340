import { malformed, reader, type Envelope } from './envelope.js';

/** What a token says, in the order it says it. Only to be believed once its signature has been checked. */
export interface Fields {
  userId: string;
  language: string;
  node: string;
  /** As written: `YYYY-MM-DD-HH.mm.ss.ffffff`, without a time zone. */
  issued: string;
}

const FIRST_FIELD = 20;
/** OPRID and MSGNODENAME are columns of 30 characters. */
const WIDEST = 30;

/** Whose password is to be tried. Nothing else is read of unsigned data. */
export const nodeNamedIn = ({ data, order }: Envelope): string | undefined => {
  const read = reader(data, order);
  let at = FIRST_FIELD;
  for (let field = 0; field < 2; field += 1) at += 1 + (data[at] ?? 0);
  return read.text(at);
};

/** @throws Refusal upstream.malformed unless there are exactly five fields, each of which can be what it should be. */
export function readFields({ data, order }: Envelope): Fields {
  const read = reader(data, order);
  const texts: string[] = [];
  let at = FIRST_FIELD;
  while (at < data.length) {
    const text = read.text(at);
    if (text === undefined || texts.length === 5) throw malformed('its fields do not end where the data end');
    texts.push(text);
    at += 1 + (data[at] ?? 0);
  }
  const [userId = '', language = '', node = '', issued = '', rest] = texts;
  if (rest !== '') throw malformed('it has not exactly four fields and an empty one');
  if (!isName(userId)) throw malformed('its user id cannot be one');
  if (!isName(node)) throw malformed('its node cannot be one');
  if (!/^[A-Z]{3}$/.test(language)) throw malformed('its language cannot be one');
  return { userId, language, node, issued };
}

/** No control characters, no half characters, no blanks at the ends: two people must never look like one. */
const isName = (text: string): boolean =>
  text.length > 0 && text.length <= WIDEST && text === text.trim() && !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(text);
