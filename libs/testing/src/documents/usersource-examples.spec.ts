import { generateKeyPairSync } from 'node:crypto';
import { z } from 'zod';
import { makePair } from '../../../saml/test/certificate.js';
import { usersourceSettings, USERSOURCE_SETTINGS } from '../../../usersources/src/settings.js';
import { SamlIdp } from '../peers/saml-idp.js';
import { documents } from './markdown.js';

interface Example {
  path: string;
  type: string;
  settings: Record<string, unknown>;
}

const pages = documents().filter(({ path }) => /^docs\/usersources\/[\w-]+\.md$/.test(path));
/** The bodies of requests: after `-d '` in a shell, or a block of JSON by itself. */
const bodies = (text: string): string[] => [
  ...[...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, shell = '']) =>
    [...shell.matchAll(/ -d '(\{[\s\S]*?\})'(?=\s|$)/g)].map(([, body = '']) => inShell(body)),
  ),
  ...[...text.matchAll(/```json\n([\s\S]*?)```/g)].map(([, body = '']) => body),
];
/** What the shell fills in between two quoted parts: `'$(openssl rand -hex 32)'`, `'"$SECRET"'`. */
const inShell = (body: string): string => body.replaceAll(/'"?\$(\([^)]*\)|\w+)"?'/g, 'x'.repeat(64));

const record = z.looseObject({
  slug: z.string(),
  type: z.string(),
  settings: z.record(z.string(), z.unknown()).default({}),
});
const examples: Example[] = pages.flatMap(({ path, text }) =>
  bodies(text).flatMap((body) => {
    const parsed = record.safeParse(JSON.parse(body));
    return parsed.success ? [{ path, ...parsed.data }] : [];
  }),
);

const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
const rsa = makePair({ name: 'service provider' });
/** What only the reader has: the page's `…` cannot be parsed. */
const OWN: Record<string, unknown> = {
  ...{ privateKey: elliptic, spKey: rsa.key, spCertificate: rsa.certificate, ca: rsa.certificate },
  metadata: new SamlIdp('https://idp.acme.test').metadata(),
};
const filled = (settings: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [name, String(value).includes('…') ? (OWN[name] ?? value) : value]),
  );

describe('the examples of the usersources’ pages', () => {
  it('are there for every type', () => {
    const shown = new Set(examples.map(({ type }) => type));
    // The icons share one page and one shape, shown for Google; local comes with a brand and has next to none.
    const others = new Set(['local', 'microsoft', 'linkedin', 'github', 'facebook', 'twitter']);
    const missing = USERSOURCE_SETTINGS.filter(({ type }) => !shown.has(type) && !others.has(type));
    expect(missing.map(({ type }) => type)).toEqual([]);
  });

  it.each(examples.map((example, index) => [`${example.path} (${index}: ${example.type})`, example] as const))(
    '%s parses',
    (_name, { type, settings }) => {
      const parsed = usersourceSettings(type)?.schema.safeParse(filled(settings));
      expect(parsed?.error?.issues ?? (parsed ? [] : [`${type} is no type`])).toEqual([]);
    },
  );

  it('would be noticed if they named a setting that is not there', () => {
    for (const { type, settings } of examples) {
      expect(usersourceSettings(type)?.schema.safeParse({ ...filled(settings), nosuch: 1 }).success).toBe(false);
    }
  });
});
