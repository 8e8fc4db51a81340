import { html, type Html } from '../web/html.js';
import { demoPeople, type Person } from './people.js';

export function loginPage(form: { then: string; username?: string; wrong?: boolean }): Html {
  return layout(
    'Sign in',
    html`<div class="login">
      <form method="post" action="/sign-in" class="panel">
        <h1>Employee sign-in</h1>
        ${form.wrong && html`<p class="wrong" role="alert">That user name and password do not go together.</p>`}
        <input type="hidden" name="then" value="${form.then}" />
        <label for="username">User name</label>
        <input
          id="username"
          name="username"
          value="${form.username ?? ''}"
          autocomplete="username"
          autocapitalize="none"
          spellcheck="false"
          required
        />
        <label for="password">Password</label>
        <input id="password" name="password" type="password" autocomplete="current-password" required />
        <button>Sign in</button>
      </form>
      <aside class="panel hint">
        <h2>Demo only</h2>
        <p>These people work here. A real intranet would not tell you.</p>
        <table>
          <thead>
            <tr>
              <th scope="col">User name</th>
              <th scope="col">Password</th>
              <th scope="col">Name</th>
            </tr>
          </thead>
          <tbody>
            ${demoPeople.map(
              ({ username, password, name }) =>
                html`<tr>
                  <td><code>${username}</code></td>
                  <td><code>${password}</code></td>
                  <td>${name}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </aside>
    </div>`,
  );
}

export function homePage({ uid, name, email, department }: Person): Html {
  return layout(
    'Today',
    html`<h1>Good day, <bdi>${name}</bdi></h1>
      <div class="tiles">
        <section class="panel">
          <h2>Your record</h2>
          <dl>
            <dt>Number</dt>
            <dd>${uid}</dd>
            <dt>E-mail</dt>
            <dd>${email}</dd>
            <dt>Department</dt>
            <dd>${department}</dd>
          </dl>
        </section>
        <section class="panel">
          <h2>Elsewhere</h2>
          <p>You need no second password there.</p>
          <a class="go" href="/multipass">Open the support portal</a>
        </section>
        <section class="panel">
          <h2>Canteen</h2>
          <p>Bird seed risotto. Again.</p>
        </section>
      </div>`,
    html`<form method="post" action="/sign-out"><button class="quiet">Sign out</button></form>`,
  );
}

function layout(title: string, main: Html, aside?: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · Acme intranet</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/style.css" />
      </head>
      <body>
        <header>
          <div>
            <a class="logo" href="/"><span aria-hidden="true">ACME</span> Intranet</a>
            ${aside}
          </div>
        </header>
        <main>${main}</main>
        <footer>A demo site with people of its own, which vouches for them by Multipass.</footer>
      </body>
    </html> `;
}

/** Square and green, a company's house style: nobody should take it for the help desk or the broker. */
export const STYLESHEET = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#eef2ef, #131a17); --card: light-dark(#ffffff, #1c2622); --ink: light-dark(#16241d, #e3ede7);
  --soft: light-dark(#51655a, #9db5a8); --line: light-dark(#c9d6ce, #33453c); --accent: light-dark(#0b6b45, #5fd0a0);
  --on-accent: light-dark(#ffffff, #06231a); --bar: light-dark(#0d3b2a, #0a120f); --wrong: light-dark(#a51d2d, #ff9ca4);
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: flex; flex-direction: column; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 "Helvetica Neue", Arial, "Liberation Sans", sans-serif; }
header { background: var(--bar); color: #eef5f1; border-bottom: 4px solid var(--accent); }
header div, main, footer { width: min(68rem, 100% - 2rem); margin-inline: auto; }
header div { display: flex; justify-content: space-between; align-items: center; min-height: 3.5rem; }
.logo { color: inherit; text-decoration: none; }
.logo span { font-weight: 800; letter-spacing: .16em; border: 2px solid; padding: .05rem .35rem .05rem .5rem; margin-inline-end: .5rem; }
main { flex: 1; padding-block: clamp(1.25rem, 4vw, 3rem); }
h1 { font-size: 1.6rem; margin: 0 0 1.25rem; overflow-wrap: anywhere; }
h2 { font-size: .8rem; text-transform: uppercase; letter-spacing: .1em; color: var(--soft); margin: 0 0 .75rem; }
.panel { background: var(--card); border: 1px solid var(--line); border-top: 3px solid var(--accent); padding: 1.5rem; }
.login { display: grid; gap: 1.5rem; align-items: start; grid-template-columns: repeat(auto-fit, minmax(min(19rem, 100%), 1fr)); }
.tiles { display: grid; gap: 1.25rem; grid-template-columns: repeat(auto-fit, minmax(min(17rem, 100%), 1fr)); }
label { display: block; font-weight: 600; margin-bottom: .25rem; }
input { font: inherit; width: 100%; padding: .6rem .7rem; margin-bottom: 1rem; color: inherit; background: var(--ground);
  border: 1px solid var(--soft); border-radius: 0; }
button, .go { font: inherit; font-weight: 600; display: inline-block; padding: .6rem 1.4rem; border: 0; cursor: pointer;
  background: var(--accent); color: var(--on-accent); text-decoration: none; }
.quiet { background: none; color: inherit; border: 1px solid currentcolor; padding: .3rem .8rem; white-space: nowrap; }
.hint { border-top-color: var(--soft); color: var(--soft); }
.hint p { margin-top: 0; }
.wrong { color: var(--wrong); font-weight: 600; border-inline-start: 4px solid; padding-inline-start: .75rem; }
:is(a, button, input):focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
header :is(a, button):focus-visible { outline-color: #eef5f1; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; color: var(--ink); }
th, td { text-align: start; padding: .35rem .75rem .35rem 0; border-top: 1px solid var(--line); }
th { border: 0; color: var(--soft); font-weight: 600; white-space: nowrap; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .35rem 1rem; margin: 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
code { font: .95em ui-monospace, Consolas, monospace; }
footer { padding-block: 1.5rem; color: var(--soft); font-size: .85rem; }
`;
