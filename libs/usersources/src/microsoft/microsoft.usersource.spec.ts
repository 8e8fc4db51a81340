import { startHostileOp, type HostileOp } from '@passbroker/testing';
import { walkWith } from '../../test/op-walk.js';
import { microsoftSettings } from './microsoft.settings.js';

let op: HostileOp;
beforeAll(async () => {
  op = await startHostileOp({ path: '/login.microsoftonline.com/common/v2.0' });
});
afterAll(() => op.close());

const SECRET = 'a client secret of more than 32 bytes';
const walk = () =>
  walkWith(op, { clientId: 'broker', clientSecret: SECRET, standIn: new URL(op.issuer).origin }, {}, 'microsoft');

const TENANT = '11111111-2222-3333-4444-555555555555';
const OID = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee';

describe('microsoft', () => {
  const issuerOf = (tenant: string): string => op.issuer.replace('common', tenant);
  const comeIn = (more: Record<string, unknown> = {}) => {
    op.script = {
      discovery: ({ authorization_response_iss_parameter_supported: _, ...all }) => ({
        ...all,
        issuer: issuerOf('{tenantid}'),
      }),
      response: (parameters) => parameters.delete('iss'),
      claims: (all) => ({ ...all, iss: issuerOf(TENANT), tid: TENANT, oid: OID, ...more }),
    };
    return walk().signIn();
  };

  it('says who somebody is in their tenant, and takes no address on their tenant’s word', async () => {
    expect(await comeIn()).toMatchObject({ subject: `${TENANT}/${OID}`, claims: { emailVerified: false } });
    expect(await comeIn({ xms_edov: true })).toMatchObject({ claims: { emailVerified: true } });
  });

  it('refuses an issuer that is not the tenant’s, and a tenant that is none', async () => {
    await expect(comeIn({ iss: issuerOf(OID) })).rejects.toMatchObject({ code: 'upstream.untrusted' });
    await expect(comeIn({ tid: 'common', iss: issuerOf('common') })).rejects.toMatchObject({
      code: 'upstream.untrusted',
    });
    await expect(comeIn({ tid: `../${TENANT}` })).rejects.toMatchObject({ code: 'upstream.untrusted' });
    expect(await comeIn()).toMatchObject({ subject: `${TENANT}/${OID}` });
  });
});

describe('microsoft settings', () => {
  it('has its secret sealed, and a stand-in on this machine only', () => {
    const own = { clientId: 'broker', clientSecret: SECRET };
    const takes = (standIn: string) => microsoftSettings.schema.safeParse({ ...own, standIn }).success;
    expect(microsoftSettings.secrets).toEqual(['clientSecret']);
    expect(microsoftSettings.sendsSecretsTo).toEqual(['standIn']);
    expect(takes('http://localhost:4000')).toBe(true);
    expect(takes('https://evil.test')).toBe(false);
    expect(microsoftSettings.schema.safeParse({ ...own, issuer: 'https://evil.test' }).success).toBe(false);
  });
});
