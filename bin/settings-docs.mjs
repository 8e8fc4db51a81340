// Writes docs/usersources/settings.md from the schemas of the usersources' settings; `--check` only compares.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';

import { ensureBuilt } from './build.mjs';
import { aligned, writeOrCheck } from './generated-document.mjs';
import { root } from './project.mjs';

const FILE = 'docs/usersources/settings.md';

const code = (text) => `\`${text.replaceAll('|', '\\|')}\``;

const between = (least, most, unit) => {
  if (least === undefined && most === undefined) return '';
  if (most === undefined) return `, from ${least}${unit}`;
  return least === undefined ? `, up to ${most}${unit}` : `, ${least} to ${most}${unit}`;
};

/** What may be said, in words. */
function valueOf(schema) {
  if (schema.enum) return schema.enum.map(code).join(' ');
  if (schema.const !== undefined) return code(schema.const);
  if (schema.anyOf) return schema.anyOf.map(valueOf).join(' or ');
  switch (schema.type) {
    case 'boolean':
      return '`true` `false`';
    case 'integer':
      return `whole number${between(schema.minimum, schema.maximum, '')}`;
    case 'array': {
      const { minItems: least = 0, maxItems: most } = schema;
      const many = most === undefined ? (least > 0 ? `${least} or more` : '') : `${least} to ${most}`;
      return `list${many && ` of ${many}`}: ${valueOf(schema.items)}`;
    }
    case 'object':
      return schema.properties ? 'object' : `object of names and values: ${valueOf(schema.additionalProperties)}`;
    default:
      return textOf(schema);
  }
}

function textOf({ format, pattern, minLength, maxLength }) {
  if (format === 'uri') return 'web address';
  if (pattern?.includes('-----BEGIN')) return 'PEM';
  const length = between(minLength === 1 ? undefined : minLength, maxLength, ' characters');
  return pattern ? `text like ${code(pattern)}` : `text${length}`;
}

function rowsOf(schema, secrets, before = '') {
  return Object.entries(schema.properties ?? {}).flatMap(([name, setting]) => {
    const required = schema.required?.includes(name) && setting.default === undefined;
    const unset = setting.default === undefined || setting.properties ? '' : code(JSON.stringify(setting.default));
    const value = `${secrets.includes(name) && before === '' ? 'secret: ' : ''}${valueOf(setting)}`;
    const inner = [setting, ...(setting.anyOf ?? []), setting.items ?? {}].filter(({ properties }) => properties);
    return [
      [code(before + name), value, required ? 'required' : unset],
      ...inner.flatMap((one) => rowsOf(one, [], `${before}${name}.`)),
    ];
  });
}

/** The six icons have one page. */
const pageOf = (type) => (existsSync(join(root, `docs/usersources/${type}.md`)) ? `${type}.md` : 'social.md');

function section({ type, schema, secrets, sendsSecretsTo = [] }) {
  const rows = rowsOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), secrets);
  const again =
    sendsSecretsTo.length > 0 ? `Whoever changes ${sendsSecretsTo.map(code).join(', ')} says the secrets again.` : '';
  return [
    `## ${type}`,
    `What they mean: [${pageOf(type)}](${pageOf(type)}).${rows.length > 0 ? '' : ' It has none.'}`,
    ...(rows.length > 0 ? [aligned([['setting', 'value', 'default'], ...rows])] : []),
    ...(again ? [again] : []),
  ].join('\n\n');
}

await ensureBuilt();
const { USERSOURCE_SETTINGS } = await import(pathToFileURL(join(root, 'dist/libs/usersources/src/settings.js')).href);

const text = `<!-- Made by bin/settings-docs.mjs out of libs/usersources/src/*/*.settings.ts: change those, then run it. -->

# Settings of the usersources

What \`settings\` of a usersource takes, by type: values, limits and defaults as the schemas have them. What a setting is for, which of
them belong together and what a usersource has beside \`settings\` stands on the page of the type and in [admin-api.md](../admin-api.md).
Unknown settings are refused. A secret is written and never read; left out it stays, \`null\` takes it away.

${USERSOURCE_SETTINGS.map(section).join('\n\n')}
`;
writeOrCheck(FILE, text, 'bin/settings-docs.mjs');
