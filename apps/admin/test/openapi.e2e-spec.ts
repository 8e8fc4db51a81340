import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AdminWorld } from './admin-world.js';

let world: AdminWorld;
beforeAll(async () => {
  world = await AdminWorld.start();
}, 60_000);
afterAll(() => world.stop());

describe('the OpenAPI document', () => {
  it('is 3.1, names every operation once and leads nowhere in vain', async () => {
    const { body, text } = await world.get('/openapi.json', { token: null });
    expect(body.openapi).toMatch(/^3\.1\./);
    const ids = world.contract.operations().map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      expect(Object.keys(body.components.schemas)).toContain(name);
    }
    for (const [name, schema] of Object.entries(body.components.schemas)) {
      expect([name, JSON.stringify(schema)]).toEqual([name, expect.not.stringContaining('"wire"')]);
      expect(schema).not.toEqual({ $ref: `#/components/schemas/${name}` });
    }
    for (const { path, operation } of world.contract.operations()) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const said = (operation.parameters ?? []).filter((one) => one.in === 'path').map((one) => one.name);
      expect(said).toEqual(named);
    }
  });

  it('has what the contract promises, and nothing that does not exist yet', () => {
    const paths = Object.keys(world.contract.document.paths);
    expect(paths).toEqual(
      expect.arrayContaining([
        ...['/v1/brands', '/v1/usersources', '/v1/applications', '/v1/accounts', '/v1/api-tokens', '/v1/keys'],
        ...['/v1/sessions', '/v1/audit-events', '/v1/policies:simulate', '/v1/keys:rotate', '/openapi.json', '/docs'],
        ...['/v1/domains', '/v1/domains/{id}:verify'],
      ]),
    );
    for (const later of ['traces', 'revisions', 'webhooks']) {
      expect(paths.some((path) => path.includes(later))).toBe(false);
    }
  });

  it('keeps secrets out of what is read and lets them into what is written', () => {
    const { schemas } = world.contract.document.components;
    expect(JSON.stringify(schemas['Account'])).not.toContain('password');
    expect(JSON.stringify(schemas['AccountDraft'])).toContain('password');
    expect(JSON.stringify(schemas['AccountPatch'])).toContain('password');
  });
});

describe('the reference', () => {
  it('shows every operation and problem without a script, from nowhere else, under a strict policy', async () => {
    const page = await world.get('/docs', { token: null });
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-[^']+';/);
    const style = /<style>([^]*?)<\/style>/.exec(page.text)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(page.headers.get('content-security-policy')).toContain(`'sha256-${hash}'`);
    expect(page.text).not.toMatch(/<script|\son\w+=|javascript:|<link|<img|style="/i);
    expect([...page.text.matchAll(/https?:\/\/[^\s"<]+/g)].map(([url]) => new URL(url).hostname)).toEqual(
      expect.not.arrayContaining(['unpkg.com', 'cdn.jsdelivr.net']),
    );
    for (const { operation } of world.contract.operations()) {
      expect(page.text).toContain(`id="${operation.operationId}"`);
    }
    const problem = await world.get('/v1/brands/none');
    expect(page.text).toContain(`id="${problem.body.type.split('#')[1]}"`);
    const ids = [...page.text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, anchor] of page.text.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(anchor);
  });
});
