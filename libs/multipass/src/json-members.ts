/** What a text is, as JSON. Members keep their source text, because a number may be longer than a double can tell. */
export type JsonText =
  { is: 'object'; members: Map<string, string>; repeats: boolean } | { is: 'other' } | { is: 'nothing' };

const TOKEN = /"(?:[^"\\]+|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g;

/**
 * JSON.parse keeps the last of two equal names, other parsers the first: a script and a broker that disagree about
 * `{"uid":"a","uid":"b"}` sign in the wrong person. So names are looked at before anything is read, at every depth,
 * escapes resolved.
 */
export function readJson(text: string): JsonText {
  try {
    JSON.parse(text);
  } catch {
    return { is: 'nothing' };
  }
  if (!/^\s*\{/.test(text)) return { is: 'other' };
  return { is: 'object', ...scanObject(text) };
}

/** Relies on the text being well-formed, which JSON.parse has just found out. */
function scanObject(text: string): { members: Map<string, string>; repeats: boolean } {
  const members = new Map<string, string>();
  const open: { names?: Set<string>; nameNext: boolean }[] = [];
  let repeats = false;
  let member: { name: string; from: number } | undefined;

  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const inside = open.at(-1);
    const endsMember = open.length === 1 && (token === ',' || token === '}');
    if (endsMember && member) members.set(member.name, text.slice(member.from, index).trim());
    if (endsMember) member = undefined;

    if (token === '{') open.push({ names: new Set(), nameNext: true });
    else if (token === '[') open.push({ nameNext: false });
    else if (token === '}' || token === ']') open.pop();
    else if (token === ',' && inside) inside.nameNext = inside.names !== undefined;
    else if (token === ':' && member && open.length === 1) member.from = index + 1;
    else if (inside?.names && inside.nameNext) {
      const name = String(JSON.parse(token));
      repeats ||= inside.names.has(name);
      inside.names.add(name);
      inside.nameNext = false;
      if (open.length === 1) member = { name, from: index };
    }
  }
  return { members, repeats };
}
