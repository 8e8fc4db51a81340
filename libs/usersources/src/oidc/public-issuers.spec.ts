import { isPublicIssuer } from './public-issuers.js';

describe('who may have an account behind an OpenID usersource', () => {
  it.each<[string, Record<string, unknown>]>([
    ['Google', { preset: 'google' }],
    ['Google by its name', { issuer: 'https://accounts.google.com' }],
    ['Apple', { preset: 'apple' }],
    ['gitlab.com', { preset: 'gitlab' }],
    ['gitlab.com by its name', { preset: 'gitlab', issuer: 'https://gitlab.com' }],
    ['LinkedIn by its name', { issuer: 'https://www.linkedin.com/oauth' }],
    ['personal accounts of Microsoft', { preset: 'entra-id', tenants: ['9188040d-6c67-4c5b-b112-36a304b66dad'] }],
    ['every tenant of Microsoft', { issuer: 'https://login.microsoftonline.com/common/v2.0' }],
    ['every tenant of Microsoft, as it names itself', { issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0' }],
    ['what cannot be read', { issuer: 7 }],
  ])('anybody: %s', (_, settings) => expect(isPublicIssuer(settings)).toBe(true));

  it.each<[string, Record<string, unknown>]>([
    ['a Workspace', { preset: 'google', hostedDomain: 'acme.test' }],
    ['a GitLab of their own', { preset: 'gitlab', issuer: 'https://gitlab.acme.test' }],
    ['a tenant', { preset: 'entra-id', tenants: ['72f988bf-86f1-41af-91ab-2d7cd011db47'] }],
    ['a tenant by its name', { issuer: 'https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0' }],
    ['Okta', { preset: 'okta', issuer: 'https://acme.okta.com' }],
    ['a Keycloak', { issuer: 'https://sso.acme.test/realms/acme' }],
  ])('a company’s people: %s', (_, settings) => expect(isPublicIssuer(settings)).toBe(false));
});
