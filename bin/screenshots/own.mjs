// A part of bin/screenshots.mjs.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { generateSync } from 'otplib';

import { PASSWORD } from './people.mjs';

/** The link in the newest letter to an address. */
async function linkTo(page, folder, address) {
  for (let left = 100; left > 0; left -= 1) {
    const files = existsSync(folder) ? readdirSync(folder).sort().reverse() : [];
    for (const file of files) {
      const letter = readFileSync(join(folder, file), 'utf8').replace(/=\n/g, '').replace(/=3D/g, '=');
      const link = /http:\/\/localhost:\d+\/[\w./?=&-]+/.exec(letter)?.[0];
      if (letter.includes(`To: ${address}`) && link !== undefined) return rmSync(join(folder, file)) ?? link;
    }
    await page.waitForTimeout(100);
  }
  throw new Error(`no letter to ${address}`);
}

/** What people do themselves: register, find a lost password again, set up a second factor, look after their account. */
export async function ownWalk(page, { broker, mail }, shoot, email) {
  const press = (name) => page.getByRole('button', { name, exact: true }).click();
  await page.goto(`${broker}/`);
  await shoot('guest');
  await page.goto(`${broker}/login?sso=off`);
  await shoot('sign-in');
  await page.goto(`${broker}/register`);
  await shoot('register');
  await page.getByLabel('E-mail').fill(email);
  await press('Send the link');
  await shoot('register-sent');
  await page.goto(await linkTo(page, mail, email));
  await shoot('register-finish');
  await page.getByLabel('Your name').fill('Pia Pepper');
  await page.getByLabel('New password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('New password, again').fill(PASSWORD);
  await press('Create the account');
  await page.goto(`${broker}/change-password`);
  await shoot('change-password');
  await page.goto(`${broker}/second-factor?return_to=/account`);
  await shoot('second-factor-choose');
  await page.getByRole('link', { name: 'Passkey' }).click();
  await page.getByRole('button').first().waitFor();
  await shoot('passkey-set-up');
  await page.getByRole('link', { name: 'Use an authenticator app instead' }).click();
  await shoot('app-set-up');
  await page.locator('summary').click();
  const secret = (await page.locator('.secret code').innerText()).replaceAll(' ', '');
  await page.getByLabel(/Code from/).fill(generateSync({ secret }));
  await press('Set up');
  await shoot('recovery-codes');
  await page.goto(`${broker}/account`);
  await shoot('account');
  await page.goto(`${broker}/account/confirm?return_to=/account`);
  await shoot('confirm-yourself');
  await page.goto(`${broker}/logout`);
  await press('Sign out');
  await page.goto(`${broker}/login?sso=off`);
  await page.getByLabel('E-mail or username').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await press('Sign in');
  await page.getByLabel(/Code from/).waitFor();
  await shoot('second-factor');
  await page.goto(`${broker}/second-factor?with=recovery`);
  await shoot('second-factor-recovery');
  await press('Sign out');
  await page.goto(`${broker}/lost-password`);
  await shoot('lost-password');
  await page.getByLabel('E-mail or username').fill(email);
  await press('Send the link');
  await shoot('lost-password-sent');
  await page.goto(await linkTo(page, mail, email));
  await shoot('lost-password-finish');
  for (const [language, name] of [
    ['de', 'Deutsch'],
    ['fr', 'Français'],
    ['es', 'Español'],
    ['ja', '日本語'],
  ]) {
    await page.goto(`${broker}/login?sso=off`);
    await page.getByRole('link', { name }).click();
    await page.locator(`html[lang=${language}]`).waitFor();
    await shoot(`sign-in-${language}`);
  }
}
