// Writes docs/records.md from the schemas of what the admin API takes; `--check` only compares.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';

import { ensureBuilt } from './build.mjs';
import { aligned, writeOrCheck } from './generated-document.mjs';
import { fail, root } from './project.mjs';
import { code, rowsOf } from './schema-rows.mjs';

const FILE = 'docs/records.md';
/** In the order in which they are made. */
const RECORDS = [
  ['brands', 'brands/brand', 'brandDraft', 'A public face: hosts, looks, how its people sign in.'],
  [
    'usersources',
    'usersources/usersource',
    'usersourceDraft',
    'A way in. Its `settings`, by type: [usersources/settings.md](usersources/settings.md).',
  ],
  [
    'applications',
    'applications/application',
    'applicationDraft',
    'Who gets a pass. Its `settings`: [openid-connect.md](protocols/openid-connect.md#settings).',
  ],
  ['accounts', 'accounts/account', 'accountDraft', 'A person. Most are made by the usersources they come in by.'],
];

async function section([path, file, name, about]) {
  const module = await import(pathToFileURL(join(root, `dist/apps/admin/src/${file}.schema.js`)).href);
  const {
    $ref = '',
    $defs = {},
    ...made
  } = z.toJSONSchema(module[name], { io: 'input', unrepresentable: 'any', override });
  // A schema with a name is a reference to it.
  const rows = rowsOf($defs[$ref.split('/').at(-1)] ?? made);
  if (rows.length === 0) fail(`${file}.schema.ts says nothing`);
  const undescribed = rows.filter(({ meaning }) => meaning === '').map((row) => row.name);
  if (undescribed.length > 0) fail(`${file}.schema.ts does not describe ${undescribed.join(', ')}`);
  const table = rows
    .filter((row) => !row.name.startsWith('audiences.agents.'))
    .map((row) => [code(row.name), row.value, row.standard, row.meaning]);
  return [`## /v1/${path}`, about, aligned([['member', 'value', 'default', 'meaning'], ...table])].join('\n\n');
}

/** Where a schema also converts, `wire` says what comes in. */
function override({ zodSchema, jsonSchema }) {
  Object.assign(jsonSchema, z.globalRegistry.get(zodSchema)?.wire);
}

await ensureBuilt();
const sections = await Promise.all(RECORDS.map(section));
const text = `<!-- Made by bin/records-docs.mjs out of apps/admin/src/*/*.schema.ts: change those, then run it. -->

# Records

What can be written to brands, usersources, applications and accounts. How: [admin-api.md](admin-api.md). Unknown members are refused.
What comes back besides (\`badge\`, \`health\`, \`proven\`, \`warnings\`…) stands at \`/docs\` of a running broker.

${sections.join('\n\n')}
`;
writeOrCheck(FILE, text, 'bin/records-docs.mjs');
