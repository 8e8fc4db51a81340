/** Names under which an upstream may send what opens something. */
const SECRET = /token|secret|passw|pwd|hash|assertion|credential|cookie|nonce|code\b|\bkey\b/i;
const LONGEST = 200;
const MOST = 60;

export interface Said {
  name: string;
  value: string;
}

/** What an upstream said, flat and fit to be shown: names dotted, long values cut, secrets dotted out. */
export function redacted(said: Readonly<Record<string, unknown>>): Said[] {
  return flat(said, '').slice(0, MOST);
}

function flat(value: unknown, name: string): Said[] {
  if (SECRET.test(name)) return [{ name, value: '••••••' }];
  if (Array.isArray(value) && value.every((one) => typeof one !== 'object' || one === null)) {
    return [{ name, value: cut(value.map(String).join(', ')) }];
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, one]) => flat(one, name === '' ? key : `${name}.${key}`));
  }
  return [{ name, value: cut(String(value)) }];
}

const cut = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
