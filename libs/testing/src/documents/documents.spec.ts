import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { oidcSettings } from '../../../protocols/src/oidc/oidc.settings.js';
import { databaseSettings } from '../../../usersources/src/database/database.settings.js';
import { PROTOCOL_SETTINGS } from '../../../protocols/src/settings.js';
import { USERSOURCE_SETTINGS } from '../../../usersources/src/settings.js';
import { standaloneConfig } from '../../../../apps/standalone/src/standalone.config.js';
import { adminConfig } from '../../../../apps/admin/src/admin.config.js';
import { minterConfig } from '../../../../apps/minter/src/minter.config.js';
import { anchors, documents, references, ROOT } from './markdown.js';

const all = documents();
const textOf = (path: string): string => all.find((document) => document.path === path)?.text ?? '';
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const unique = <T>(list: Iterable<T>): T[] => [...new Set(list)];

/** Of other programs: Compose, Node, Apache, PeopleSoft, Active Directory, the login handlers, the examples themselves. */
const OTHERS =
  /^(EDGE_\w+|NODE_(EXTRA_CA_CERTS|IMAGE|ENV|OPTIONS)|REMOTE_USER|OIDC_CLAIM_\w*|MULTIPASS_\w+|CLIENT_SECRET|SITE_KEY|API_KEY|LC_ALL|PASSBROKER_(OPR|ROLE|EMAIL|VERIFY)|PRIMARY_EMAIL|PS_(PT|TOKEN)|PSFT_(HR|FIN)|QAS_\w+|PRTL_SS_CI|KRB5_NT_PRINCIPAL|PBROKER_IB)$/;

/** Names of caches and of derived keys: they look like keys of Redis in the code. */
const NO_REDIS = new Set(['host:', 'id:', 'slug:', 'oidc-cookies:', 'oidc-pairwise:']);

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return sources(path);
    return path.endsWith('.ts') && !/spec\.ts$|\/test\//.test(path) ? [path] : [];
  });
}

describe('the documents', () => {
  it.each(all.map(({ path, text }) => [path, text]))('%s links to files and headings that are there', (path, text) => {
    const broken = references(text).filter(({ file, part }) => {
      const target = file === '' ? path : join(dirname(path), file);
      if (!existsSync(join(ROOT, target))) return true;
      return part !== undefined && target.endsWith('.md') && !anchors(read(target)).includes(part);
    });
    expect(broken).toEqual([]);
  });

  it('name commands that exist', () => {
    const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(read('package.json')));
    const programs = [...read('bin/programs.mjs').matchAll(/^ {2}(\w+): \[[\s\S]*?'([\w/]+)\.js'/gm)]
      .filter(([, , file]) => existsSync(join(ROOT, `apps/${file}.ts`)))
      .map(([, name]) => name);
    const text = all.map((document) => document.text).join('\n');
    const run = unique([...text.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name]) => name));
    const npx = unique([...text.matchAll(/\bnpx passbroker ([a-z]+)/g)].map(([, name]) => name));
    expect(run.filter((name) => !Object.hasOwn(scripts, name ?? ''))).toEqual([]);
    expect(npx.filter((name) => name !== 'secrets' && !programs.includes(name))).toEqual([]);
    expect(npx).toContain('start');
  });

  it('name variables that a schema reads', () => {
    const shapes = { ...standaloneConfig.shape, ...adminConfig.shape, ...minterConfig.shape };
    const known = new Set(Object.keys(shapes).flatMap((name) => [name, `${name}_FILE`]));
    // Only code is looked at: prose and tables hold other words in capitals.
    const named = all
      .filter(({ path }) => !path.startsWith('docs/decisions/'))
      .flatMap(({ text }) => [...text.matchAll(/```[\s\S]*?```|`[^`\n]*`/g)].map(([code]) => code))
      .flatMap((code) => code.match(/(?<![\w.-])[A-Z][A-Z0-9]*_[A-Z0-9_]*[A-Z0-9](?![\w.-])/g) ?? []);
    expect(unique(named).filter((name) => !known.has(name) && !OTHERS.test(name))).toEqual([]);
    expect(named).toContain('PUBLIC_URL');
  });

  it('explain every reason code, and no other', () => {
    const set = 'libs/model/src/refusal.ts';
    const code = [...sources('apps'), ...sources('libs')]
      .filter((path) => path !== set)
      .map(read)
      .join('\n');
    const codes = [...read(set).matchAll(/^ {2}\| '([\w.]+)'/gm)]
      .map(([, name = '']) => name)
      .filter((name) => code.includes(`'${name}'`));
    const table = all
      .filter(({ path }) => path === 'docs/operations.md' || path.startsWith('docs/usersources/'))
      .flatMap(({ text }) => text.match(/^\| `.*$/gm) ?? [])
      .map((row) => row.split(' | ', 1)[0] ?? '')
      .flatMap((cell) => [...cell.matchAll(/`([\w.*]+)`/g)].map(([, code = '']) => code));
    expect(codes.filter((code) => !table.includes(code))).toEqual([]);
    const rooms = new Set(codes.filter((code) => code.includes('.')).map((code) => code.split('.', 1)[0]));
    const dotted = table.filter((code) => /^\w+\.\w+$/.test(code) && rooms.has(code.split('.', 1)[0]));
    expect(
      dotted.filter(
        (code) => !codes.includes(code) && !/\.(granted|ended|logout_failed|proven|keys_changed)$/.test(code),
      ),
    ).toEqual([]);
  });

  it('name every metric of ours, and no other', () => {
    const code = [...sources('apps'), ...sources('libs')].map(read).join('\n');
    const made = unique([...code.matchAll(/name: '(passbroker_\w+)'/g)].map(([, name]) => name));
    const told = unique(
      [...textOf('docs/operations.md').matchAll(/`(passbroker_\w+_(?:total|seconds|up))`/g)].map(([, name]) => name),
    );
    expect(told.sort()).toEqual(made.sort());
  });

  it('name every table and every kind of key in Redis', () => {
    const told = textOf('docs/stored-state.md');
    const code = (folder: string) => sources(folder).map(read).join('\n');
    const tables = [...code('libs/catalog/src/migrations').matchAll(/create table ([\w.]+)/g)].map(
      ([, name = '']) => name,
    );
    const keys = [...(code('apps') + code('libs')).matchAll(/`([a-z-]+(?::[a-z-]+)*:)\$\{/g)].map(
      ([, name = '']) => name,
    );
    expect(tables.length).toBeGreaterThan(10);
    expect(keys).toContain('session:');
    expect(unique(tables).filter((name) => !told.includes(`\`${name}\``))).toEqual([]);
    expect(unique(keys).filter((name) => !NO_REDIS.has(name) && !told.includes(`\`${name}`))).toEqual([]);
  });

  const pageOf = (type: string): string =>
    // The icons share one page.
    existsSync(join(ROOT, `docs/usersources/${type}.md`))
      ? `docs/usersources/${type}.md`
      : 'docs/usersources/social.md';
  const rows = (path: string): string => (textOf(path).match(/^\| `.*$/gm) ?? []).join('\n');
  const untold = (path: string, shape: object): string[] =>
    Object.keys(shape).filter((name) => !rows(path).includes(`\`${name}`));

  it.each(USERSOURCE_SETTINGS.map(({ type, schema }) => [type, schema] as const))(
    'have a page for %s that lists every setting',
    (type, schema) => {
      // What leads to a database is told once, on the page of databases.
      const elsewhere = type === 'peoplesoft-database' ? Object.keys(shapeOf(databaseSettings.schema)) : [];
      expect(untold(pageOf(type), shapeOf(schema)).filter((name) => !elsewhere.includes(name))).toEqual([]);
      expect(textOf(pageOf(type))).toContain(type);
    },
  );

  it('have a page for every protocol that lists every setting', () => {
    const { jwks: _jwks, jwks_uri: _uri, response_types: _types, ...shape } = oidcSettings.shape;
    expect(untold('docs/protocols/openid-connect.md', shape)).toEqual([]);
    expect(PROTOCOL_SETTINGS.map(({ protocol }) => protocol)).toEqual(['oidc']);
  });

  it('can all be reached from the README', () => {
    const reached = new Set<string>();
    for (const queue = ['README.md']; queue.length > 0;) {
      const path = queue.pop() ?? '';
      if (reached.has(path)) continue;
      reached.add(path);
      for (const { file } of references(textOf(path))) {
        const target = file === '' ? path : join(dirname(path), file);
        // A folder is a link to all that is in it.
        queue.push(...all.filter((one) => one.path === target || dirname(one.path) === target).map((one) => one.path));
      }
    }
    const pages = all.map(({ path }) => path).filter((path) => /^(docs\/.*|[^/]+)\.md$/.test(path));
    expect(pages.filter((path) => !reached.has(path))).toEqual([]);
    expect(pages.length).toBeGreaterThan(40);
  });
});

function shapeOf(schema: z.ZodType): object {
  if (!(schema instanceof z.ZodObject)) throw new Error('settings are an object');
  return schema.shape;
}
