// A part of bin/screenshots.mjs.

/** The walk of the README, and every page on the way. */
export async function walk(page, places, shoot) {
  await page.goto(places.helpDesk);
  await shoot('1-help-desk');
  await page
    .getByRole('link', { name: /sign in/i })
    .or(page.getByRole('button', { name: /sign in/i }))
    .first()
    .click();
  await page.getByLabel(/user ?name/i).waitFor();
  await shoot('2-intranet');
  await page.getByLabel(/user ?name/i).fill('jane');
  await page.getByLabel(/password/i).fill('coyote-42');
  await page.getByRole('button', { name: /sign in/i }).click();
  await page.getByText('Jane Doe').first().waitFor();
  await shoot('3-signed-in');
  await page.goto(places.broker);
  await shoot('portal');
  await page.goto(`${places.broker}/logout`);
  await shoot('sign-out');
  await page.getByRole('button', { name: /sign out/i }).click();
  await shoot('signed-out');
  await page.goto(`${places.broker}/agent/`);
  await shoot('agent-sign-in');
  await page
    .getByLabel(/e-?mail|user ?name/i)
    .first()
    .fill('admin@example.com');
  await page.getByLabel(/password/i).fill('not the password');
  await page.getByRole('button', { name: /sign in/i }).click();
  await shoot('agent-refused');
  await page
    .getByLabel(/e-?mail|user ?name/i)
    .first()
    .fill('admin@example.com');
  await page.getByLabel(/password/i).fill(places.adminPassword);
  await page.getByRole('button', { name: /sign in/i }).click();
  await shoot('agent');
  await page.goto(`${places.broker}/customer/authentication/multipass/callback?multipass=x&signature=y`);
  await shoot('error');
  await page.goto(`${places.broker}/nothing/here`);
  await shoot('nothing-here');
  await page.context().clearCookies();
  await page.goto(`${places.broker}/signed-out`);
  // Automatic SSO stops by itself when somebody comes back unknown again and again.
  for (let visit = 0; visit < 4; visit += 1) await page.goto(`${places.broker}/login`);
  await page.getByText('back and forth').waitFor();
  await shoot('sign-in-stopped');
  await page.goto(`${places.admin}/docs`);
  await shoot('admin-reference');
}
