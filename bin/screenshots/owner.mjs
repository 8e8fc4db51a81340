// A part of bin/screenshots.mjs.
import { PASSWORD, SEAN, ZOE } from './people.mjs';

/** An account that the intranet's person has had all along, and a password for it. */
export async function oldAccount({ admin, adminToken }) {
  const answer = await fetch(`${admin}/v1/accounts`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      audience: 'users',
      name: 'Seán O’Reilly',
      emails: [{ value: SEAN.email, verified: true }],
      password: PASSWORD,
    }),
  });
  if (!answer.ok) throw new Error(`/v1/accounts: ${answer.status} ${await answer.text()}`);
}

/** Where the intranet would send somebody else, who opens it in this browser. */
async function linkOfZoe(page, intranet) {
  const context = await page.context().browser().newContext();
  const hers = await context.newPage();
  await hers.goto(intranet);
  await hers.getByLabel(/user ?name/i).fill(ZOE.username);
  await hers.getByLabel(/password/i).fill(ZOE.password);
  await hers.getByRole('button', { name: /sign in/i }).click();
  await hers.getByRole('heading', { level: 1, name: /Zoë/ }).waitFor();
  const sent = await context.request.get(`${intranet}/multipass`, { maxRedirects: 0 });
  await context.close();
  return sent.headers().location;
}

/** Coming by the intranet with the address of an account that is there already; and the way in for who is locked out. */
export async function ownerWalk(page, { broker, intranet }, shoot) {
  const press = (name) => page.getByRole('button', { name, exact: true }).click();
  await page.goto(`${broker}/login?sso=off`);
  await page.getByRole('link', { name: /^Continue with/ }).click();
  await page.getByLabel(/user ?name/i).fill('sean');
  await page.getByLabel(/password/i).fill(SEAN.hint);
  await page.getByRole('button', { name: /sign in/i }).click();
  await page.getByRole('heading', { name: 'You have an account here already' }).waitFor();
  await shoot('owner');
  await press('Mail me a code instead');
  await page.getByRole('heading', { name: 'Check your mail' }).waitFor();
  await shoot('owner-code');
  await page.getByRole('link', { name: 'Sign in to the account instead' }).click();
  await page.getByRole('link', { name: 'Sign in to that account' }).click();
  await page.getByLabel('E-mail or username').fill(SEAN.email);
  await page.getByLabel('Password').fill(PASSWORD);
  await press('Sign in');
  // Without "Link" the next device finds everything as this one did.
  await page.getByRole('heading', { name: /open your account\?$/ }).waitFor();
  await shoot('owner-link');
  await page.goto(await linkOfZoe(page, intranet));
  await page.getByRole('heading', { name: /^You are signed in as/ }).waitFor();
  await shoot('another-account');
  await page.goto(`${broker}/recover`);
  await shoot('recover');
  await page.getByLabel('E-mail').fill('admin@example.com');
  await press('Mail me a link');
  await shoot('recover-sent');
}
