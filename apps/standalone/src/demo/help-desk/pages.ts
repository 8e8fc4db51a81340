import { html, type Html } from '../web/html.js';
import type { SignedIn } from './relying-party.js';

export function homePage(): Html {
  return layout(
    'Welcome',
    html`<section class="hero">
        <h1>How can we help?</h1>
        <p class="lead">Sign in to see your tickets. Your company account will do.</p>
        <a class="button" href="/sign-in">Sign in</a>
      </section>
      <ul class="topics" aria-label="Topics">
        <li><strong>Orders</strong>Where is my parcel?</li>
        <li><strong>Repairs</strong>The anvil has a dent.</li>
        <li><strong>Returns</strong>It was a gift.</li>
      </ul>`,
  );
}

export function welcomePage({ idTokenClaims, userinfo, subject }: SignedIn, issuer: string): Html {
  const name = textClaim(userinfo['name']) ?? textClaim(idTokenClaims['name']) ?? subject;
  return layout(
    'Your desk',
    html`<section class="hero">
        <h1>Hello, <bdi>${name}</bdi>!</h1>
        <p class="lead">You are signed in. This is all the help desk was told about you.</p>
      </section>
      <div class="scroll" role="region" aria-label="Claims" tabindex="0">
        <table>
          <caption>
            Claims from
            <code>${issuer}</code>
          </caption>
          <thead>
            <tr>
              <th scope="col">Claim</th>
              <th scope="col">Value</th>
              <th scope="col">Told by</th>
            </tr>
          </thead>
          <tbody>
            ${claimRows(idTokenClaims, userinfo)}
          </tbody>
        </table>
      </div>`,
    html`<form method="post" action="/sign-out"><button class="quiet">Sign out</button></form>`,
  );
}

export function signedOutPage(): Html {
  return layout(
    'Signed out',
    html`<section class="hero">
      <h1>You are signed out</h1>
      <p class="lead">See you soon.</p>
      <a class="button" href="/sign-in">Sign in again</a>
    </section>`,
  );
}

export function problemPage(sentence: string, detail: string): Html {
  return layout(
    'Sorry',
    html`<section class="hero">
      <h1>Sorry</h1>
      <p class="lead" role="alert">${sentence}</p>
      <p><code>${detail.slice(0, 100)}</code></p>
      <a class="button" href="/sign-in">Try again</a>
    </section>`,
  );
}

function claimRows(idToken: Record<string, unknown>, userinfo: Record<string, unknown>): Html[] {
  return [...new Set([...Object.keys(userinfo), ...Object.keys(idToken)])].map((claim) => {
    const sources = [claim in idToken && 'ID token', claim in userinfo && 'userinfo'].filter(Boolean).join(', ');
    return html`<tr>
      <th scope="row"><code>${claim}</code></th>
      <td>${shown(claim, claim in userinfo ? userinfo[claim] : idToken[claim])}</td>
      <td>${sources}</td>
    </tr>`;
  });
}

const INSTANTS = ['iat', 'exp', 'nbf', 'auth_time', 'updated_at'];

function shown(claim: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && INSTANTS.includes(claim)) {
    return `${new Date(value * 1_000).toISOString().replace('T', ' ').slice(0, 19)} UTC`;
  }
  return JSON.stringify(value) ?? '';
}

const textClaim = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

function layout(title: string, main: Html, aside?: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · Acme help desk</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/style.css" />
      </head>
      <body>
        <header>
          <a class="logo" href="/"><span aria-hidden="true">?</span>Acme help desk</a>
          ${aside}
        </header>
        <main>${main}</main>
        <footer>A demo application: an ordinary OpenID Connect client.</footer>
      </body>
    </html> `;
}

/** Warm and round, coral on cream: nobody should take it for the intranet or the broker. */
export const STYLESHEET = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#fff7f0, #211a18); --card: light-dark(#ffffff, #2d2421); --ink: light-dark(#3a2620, #f6e9e2);
  --soft: light-dark(#7a5d52, #c9b0a5); --line: light-dark(#f0ddd0, #46383290); --accent: light-dark(#b8391f, #ff9b7d);
  --on-accent: light-dark(#ffffff, #2b120b);
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: flex; flex-direction: column; background: var(--ground); color: var(--ink);
  font: 1.0625rem/1.55 ui-rounded, "Nunito", "Segoe UI", system-ui, sans-serif; }
header, main, footer { width: min(60rem, 100% - 2rem); margin-inline: auto; }
header { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: center; gap: .5rem 1rem; padding-block: 1.25rem; }
.logo { display: inline-flex; align-items: center; gap: .6rem; font-weight: 700; color: inherit; text-decoration: none; white-space: nowrap; }
.logo span { display: grid; place-items: center; width: 2.1rem; height: 2.1rem; border-radius: 50% 50% 50% 12%;
  background: var(--accent); color: var(--on-accent); }
main { flex: 1; }
.hero { padding-block: clamp(1.5rem, 6vw, 4rem) 2rem; }
h1 { margin: 0; font-size: clamp(1.9rem, 6vw, 3rem); line-height: 1.15; letter-spacing: -.02em; overflow-wrap: anywhere; }
.lead { color: var(--soft); font-size: 1.2rem; margin-block: .75rem 1.5rem; }
.button, button { font: inherit; font-weight: 700; border: 0; border-radius: 2rem; padding: .75rem 1.75rem; cursor: pointer;
  display: inline-block; background: var(--accent); color: var(--on-accent); text-decoration: none; }
.quiet { background: none; color: var(--ink); border: 2px solid var(--line); padding: .4rem 1rem; white-space: nowrap; }
:is(a, button, .scroll):focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
.topics { list-style: none; margin: 0; padding: 0; display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); }
.topics li { background: var(--card); border: 1px solid var(--line); border-radius: 1.25rem; padding: 1.25rem; color: var(--soft); }
.topics strong { display: block; color: var(--ink); }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 1.25rem; }
table { width: 100%; border-collapse: collapse; font-size: .95rem; }
caption { text-align: start; padding: 1rem 1.25rem; color: var(--soft); overflow-wrap: anywhere; }
th, td { text-align: start; vertical-align: top; padding: .6rem 1.25rem; border-top: 1px solid var(--line); }
td:nth-child(2) { overflow-wrap: anywhere; min-width: 11rem; }
td:last-child { color: var(--soft); white-space: nowrap; }
/* On a phone a claim, who told it, and its value below: three columns would be read sideways. */
@media (max-width: 40rem) {
  table, tbody, caption { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr { display: grid; grid-template-columns: 1fr auto; gap: .1rem 1rem; padding: .7rem 1.25rem; border-top: 1px solid var(--line); }
  th, td { padding: 0; border: 0; }
  td:nth-child(2) { grid-row: 2; grid-column: 1 / -1; min-width: 0; }
  td:last-child { font-size: .85em; }
}
code { font: .9em ui-monospace, "SF Mono", Consolas, monospace; }
footer { padding-block: 2.5rem 1.5rem; color: var(--soft); font-size: .9rem; }
`;
