import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { usersourceDraft } from '../../../../apps/admin/src/usersources/usersource.schema.js';
import { mappingComplaints } from '../../../usersources/src/mapping/mapping.settings.js';
import { PRESETS, SAML_PRESETS } from '../../../usersources/src/saml/presets.js';
import { ROOT } from './markdown.js';

const VENDORS = SAML_PRESETS.filter((preset) => preset !== 'generic');
const fileOf = (preset: string): string => join(ROOT, `docs/usersources/saml-${preset}.md`);

/** The prose, and the one body of `POST /v1/usersources`. That its settings parse is shown for all pages together. */
function read(preset: string): { prose: string; example: z.infer<typeof usersourceDraft> } {
  const page = readFileSync(fileOf(preset), 'utf8');
  const [block, more] = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text = '']) => text);
  if (block === undefined || more !== undefined) throw new Error('there is not one example');
  return { prose: page.replace(/```json[\s\S]*?```/, ''), example: usersourceDraft.parse(JSON.parse(block)) };
}

/** What consoles show of a claim that is called by an address. */
const SHOWN: Readonly<Record<string, readonly string[]>> = {
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress': ['`emailaddress`', '_E-Mail Address_'],
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name': ['`name`', '_Name_'],
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn': ['_UPN_'],
  'http://schemas.xmlsoap.org/claims/Group': ['_Group_'],
  'http://schemas.microsoft.com/identity/claims/displayname': ['`displayname`'],
  'http://schemas.microsoft.com/ws/2008/06/identity/claims/groups': ['group claim'],
};

const tells = (prose: string, names: readonly string[]): boolean =>
  names.flatMap((name) => SHOWN[name] ?? [`\`${name}\``]).some((word) => prose.includes(word));

describe('the pages of SAML identity providers', () => {
  it('are there for each preset, and linked', () => {
    const index = readFileSync(join(ROOT, 'docs/usersources/saml.md'), 'utf8');
    expect(VENDORS.filter((preset) => !existsSync(fileOf(preset)))).toEqual([]);
    expect(VENDORS.filter((preset) => !index.includes(`(saml-${preset}.md)`))).toEqual([]);
  });

  describe.each(VENDORS)('%s', (preset) => {
    it('shows a usersource of this preset, with expressions that can be read', () => {
      const { prose, example } = read(preset);
      expect(example).toMatchObject({ type: 'saml', settings: { preset } });
      expect(prose).toContain(`the usersource's, here \`${example.slug}\``);
      expect(mappingComplaints(example.mapping, example.filter)).toEqual([]);
    });

    it('names our addresses', () => {
      const { prose } = read(preset);
      const named = ['acs', 'metadata', 'slo'].filter((door) => prose.includes(`<origin>/sso/<slug>/${door}`));
      // Some read our metadata, which has the others; Google Workspace has no sign-out.
      const fewer: Readonly<Record<string, string[]>> = {
        ...{ shibboleth: ['metadata'], simplesamlphp: ['metadata'], 'google-workspace': ['acs', 'metadata'] },
      };
      expect(named).toEqual(fewer[preset] ?? ['acs', 'metadata', 'slo']);
    });

    it('has upstream send what the preset reads', () => {
      const { prose, example } = read(preset);
      const { subject, ...names } = PRESETS[preset];
      // Google has no username but the address.
      const wanted = (['email', 'name', 'username', 'groups'] as const).filter(
        (claim) => example.mapping[claim] === undefined || claim === 'groups',
      );
      const untold = wanted.filter((claim) => !tells(prose, names[claim]));
      expect(untold).toEqual(preset === 'google-workspace' ? ['username'] : []);
      const own = z.string().optional().parse(example.settings['subjectAttribute']) ?? subject;
      if (own !== undefined) expect(prose).toContain(`\`${own}\``);
    });
  });
});
