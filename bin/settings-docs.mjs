// Writes docs/usersources/settings.md from the schemas of the usersources' settings; `--check` only compares.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';

import { ensureBuilt } from './build.mjs';
import { aligned, writeOrCheck } from './generated-document.mjs';
import { root } from './project.mjs';
import { code, rowsOf } from './schema-rows.mjs';

const FILE = 'docs/usersources/settings.md';

/** The six icons have one page. */
const pageOf = (type) => (existsSync(join(root, `docs/usersources/${type}.md`)) ? `${type}.md` : 'social.md');

function section({ type, schema, secrets, sendsSecretsTo = [] }) {
  const rows = rowsOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), secrets).map(
    ({ name, value, standard }) => [code(name), value, standard],
  );
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

What \`settings\` of a usersource takes, by type: values, limits and defaults as the schemas have them. What a setting is for and which
of them belong together stands on the page of the type; what a usersource has beside \`settings\`, in [records.md](../records.md). Unknown
settings are refused. A secret is written and never read; left out it stays, \`null\` takes it away.

${USERSOURCE_SETTINGS.map(section).join('\n\n')}
`;
writeOrCheck(FILE, text, 'bin/settings-docs.mjs');
