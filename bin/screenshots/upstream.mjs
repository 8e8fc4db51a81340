// A part of bin/screenshots.mjs.
import { createHmac, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

import { freePort } from './broker.mjs';

/** A site that signs everybody in, under the name that is asked for or another, and knows nobody's address but Ada's. */
export async function openSite({ admin, adminToken }) {
  const secret = randomBytes(32).toString('hex');
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const site = createServer((request, response) => {
    const asked = new URL(request.url, 'http://localhost');
    // Chromium asks for an icon.
    if (!asked.searchParams.has('return')) return response.writeHead(404).end();
    const now = Math.floor(Date.now() / 1_000);
    const ada = { sub: 'ada', name: 'Ada Lovelace', email: 'ada@acme.test' };
    const nobody = { sub: randomBytes(6).toString('hex'), name: 'Grace Hopper' };
    const claims = {
      ...(asked.pathname === '/ada' ? ada : nobody),
      jti: randomBytes(9).toString('hex'),
      iat: now,
      exp: now + 60,
    };
    const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
    const back = new URL(asked.searchParams.get('return'));
    back.searchParams.set('state', asked.searchParams.get('state'));
    back.searchParams.set('jwt', `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`);
    response.writeHead(302, { location: back.href }).end();
  });
  const port = await freePort();
  await new Promise((resolve) => site.listen(port, '127.0.0.1', resolve));
  for (const [slug, label, key] of [
    ['ada', 'Acme store', secret],
    ['grace', 'Acme workshop', secret],
    ['archive', 'Acme archive', randomBytes(32).toString('hex')],
  ]) {
    const answer = await fetch(`${admin}/v1/usersources`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        ...{ slug, type: 'jwt', brand: 'default', audience: 'users', label, jit: { create: 'on' } },
        settings: { remoteLoginUrl: `http://localhost:${port}/${slug}`, secret: key },
      }),
    });
    if (!answer.ok) throw new Error(`/v1/usersources: ${answer.status} ${await answer.text()}`);
  }
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  return {
    close: async () => {
      site.close();
      // The example portal comes after, and has ways in of its own.
      const headers = { authorization: `Bearer ${adminToken}`, 'if-match': '*' };
      for (const slug of ['ada', 'grace'])
        await fetch(`${admin}/v1/usersources/${slug}`, { method: 'DELETE', headers });
    },
  };
}

/** What people and admins meet around an upstream: a test of its settings, a missing address, an expired password. */
export async function upstreamWalk(page, { broker, admin, adminToken }, shoot) {
  const tried = async (slug) => {
    const tested = await fetch(`${admin}/v1/usersources/${slug}:test`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      body: '{}',
    });
    await page.goto((await tested.json()).trial.url);
  };
  await tried('ada');
  await page.getByRole('heading', { name: 'Acme store works' }).waitFor();
  await shoot('trial');
  // Its secret is not the one that the site signs with.
  await tried('archive');
  await page.getByRole('heading', { name: /Acme archive/ }).waitFor();
  await shoot('trial-failed');
  await page.goto(`${broker}/sso/start/grace`);
  await page.getByLabel('E-mail').waitFor();
  await shoot('address-asked');
  await page.getByLabel('E-mail').fill(`grace-${randomBytes(3).toString('hex')}@acme.test`);
  await page.getByRole('button').first().click();
  await page.getByLabel('Code').waitFor();
  await shoot('address-code');
  await page.goto(`${broker}/agent/login`);
  await page.getByLabel('E-mail or username').fill('nils');
  await page.getByLabel('Password').fill('change-me-1');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  // The demo has a directory only where OpenLDAP is installed.
  const asked = page.locator('input[autocomplete="new-password"]').first();
  if (
    await asked.waitFor({ timeout: 5_000 }).then(
      () => true,
      () => false,
    )
  )
    await shoot('expired-password');
}
