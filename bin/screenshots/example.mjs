// A part of bin/screenshots.mjs.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The portal of "Multiple usersources": the form, three buttons and the icons. Nobody signs in here: a spec does. */
export async function examplePortal({ admin, adminToken }, folder) {
  const certificate = join(folder, 'onelogin.pem');
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=OneLogin'],
      ...['-keyout', join(folder, 'onelogin.key'), '-out', certificate],
    ],
    { stdio: 'ignore' },
  );
  const idp = 'https://acme.onelogin.test/saml2';
  const secret = 'a secret of more than 32 characters';
  const records = [
    {
      ...{ slug: 'onelogin', type: 'saml', label: 'OneLogin', display: 'button' },
      settings: {
        ...{ preset: 'onelogin', idpEntityId: idp, idpSsoUrl: `${idp}/sso` },
        idpCertificates: [readFileSync(certificate, 'utf8')],
      },
    },
    {
      ...{ slug: 'partner', type: 'jwt', label: 'Acme store', display: 'button' },
      settings: { remoteLoginUrl: 'https://partner.test/login', secret },
    },
    ...Object.entries({
      ...{ google: 'Google', facebook: 'Facebook', twitter: 'X' },
      ...{ github: 'GitHub', linkedin: 'LinkedIn', microsoft: 'Microsoft' },
    }).map(([type, label]) => ({
      ...{ slug: type, type, label, display: 'icon' },
      settings: { clientId: 'passbroker', clientSecret: secret },
    })),
  ];
  for (const [at, record] of records.entries()) {
    const answer = await fetch(`${admin}/v1/usersources`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ brand: 'default', audience: 'users', enabled: true, order: 50 + at, ...record }),
    });
    if (!answer.ok) throw new Error(`${record.slug}: ${answer.status} ${await answer.text()}`);
  }
  await new Promise((resolve) => setTimeout(resolve, 1_500));
}

export async function exampleWalk(page, { broker }, shoot) {
  await page.goto(`${broker}/login`);
  await page.getByRole('link', { name: 'Continue with Microsoft' }).waitFor();
  await shoot('example-portal');
}
