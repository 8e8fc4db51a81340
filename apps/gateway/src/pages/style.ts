/** The whole look, in one file. Colours come from the brand's accent; everything else is the same for all. */
export const style = `
:root {
  color-scheme: light dark;
  --accent: #2f5bd0;
  --on-accent: #ffffff;
  --link: color-mix(in oklab, var(--accent), black 12%);
  --paper: #ffffff;
  --ground: #f2f4f8;
  --glow: color-mix(in oklab, var(--accent) 10%, transparent);
  --ink: #171a21;
  --soft: #565e6e;
  --line: #d5dae4;
  --field: #ffffff;
  --edge: #8a93a5;
  --rim: #c2c9d6;
  --bad: #a3202c;
  --bad-ground: #fdeeee;
  --note-ground: color-mix(in oklab, var(--accent) 8%, #ffffff);
  --shadow: 0 1px 2px rgb(20 30 60 / 6%), 0 12px 40px -12px rgb(20 30 60 / 18%);
}
@media (prefers-color-scheme: dark) {
  :root {
    --link: color-mix(in oklab, var(--accent), white 45%);
    --paper: #1a1d25;
    --ground: #101218;
    --glow: color-mix(in oklab, var(--accent) 20%, transparent);
    --ink: #eceef3;
    --soft: #a4acbc;
    --line: #323846;
    --field: #12151b;
    --edge: #677086;
    --rim: #464e5f;
    --bad: #ffb0b0;
    --bad-ground: #3a1c20;
    --note-ground: color-mix(in oklab, var(--accent) 22%, #1a1d25);
    --shadow: 0 0 0 1px #2a2f3b, 0 16px 48px -16px rgb(0 0 0 / 70%);
  }
}
* { box-sizing: border-box; }
html { font-size: 100%; -webkit-text-size-adjust: 100%; }
body {
  margin: 0;
  min-height: 100vh;
  min-height: 100dvh;
  display: flex;
  flex-direction: column;
  align-items: center;
  justify-content: center;
  gap: 1.25rem;
  padding: 1.5rem 1rem;
  background: radial-gradient(60rem 30rem at 50% -8rem, var(--glow), transparent) no-repeat, var(--ground);
  color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif;
}
.card {
  width: 100%;
  max-width: 26rem;
  padding: 2.25rem 2rem 2rem;
  background: var(--paper);
  border-radius: 1rem;
  box-shadow: var(--shadow);
  overflow-wrap: anywhere;
}
.card.wide { max-width: 34rem; }
.brand { display: flex; align-items: center; gap: .75rem; margin-bottom: 1.75rem; }
.logo { max-height: 2.5rem; max-width: 100%; }
.mark {
  display: grid;
  place-items: center;
  flex: none;
  width: 2.25rem;
  height: 2.25rem;
  border-radius: .625rem;
  background: var(--accent);
  color: var(--on-accent);
  font-weight: 650;
}
.brand .name { font-weight: 600; }
h1 { margin: 0 0 1.25rem; font-size: 1.5rem; line-height: 1.25; font-weight: 650; letter-spacing: -.012em; text-wrap: balance; }
p { margin: 0 0 1rem; text-wrap: pretty; }
/* Whole on a line of its own rather than broken at a hyphen; broken only where no line would hold it. */
.address { display: inline-block; max-width: 100%; }
a { color: var(--link); text-underline-offset: .2em; }
.sub { color: var(--soft); margin-bottom: 1.5rem; }
h1 + .sub { margin-top: -.75rem; }
.person h1 + .sub { margin-top: 0; }
.center { text-align: center; margin: 1.5rem 0 0; }
.stack { display: flex; flex-direction: column; gap: .75rem; }
form.stack { gap: 1rem; }
.plain { list-style: none; margin: 0; padding: 0; }
ul.stack { gap: .75rem; }
.field { display: flex; flex-direction: column; gap: .375rem; }
label { font-size: .9375rem; font-weight: 550; }
input[type="text"], input[type="password"] {
  width: 100%;
  min-height: 2.875rem;
  padding: .5rem .875rem;
  border: 1px solid var(--edge);
  border-radius: .625rem;
  background: var(--field);
  color: var(--ink);
  font: inherit;
}
input[aria-invalid="true"] { border-color: var(--bad); }
.button {
  display: flex;
  align-items: center;
  justify-content: center;
  width: 100%;
  min-height: 2.875rem;
  padding: .5rem 1rem;
  border: 1px solid var(--rim);
  border-radius: .625rem;
  background: var(--paper);
  color: var(--ink);
  font: inherit;
  font-weight: 600;
  text-align: center;
  text-decoration: none;
  cursor: pointer;
}
.button:hover { border-color: var(--edge); }
.button.primary { background: var(--accent); border-color: transparent; color: var(--on-accent); }
.button.primary:hover { filter: brightness(1.08); }
/* Looks as the links do that stand in its place on other pages. */
.button.quiet { border-color: transparent; background: none; color: var(--link); font-weight: 400; text-decoration: underline; text-underline-offset: .2em; }
.card > :last-child { margin-bottom: 0; }
.card > :last-child > dl:last-child { margin-bottom: 0; }
.card > :last-child .quiet { margin-bottom: -.75rem; }
:is(a, button, input):focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.divider { display: flex; align-items: center; gap: .875rem; margin: 1.375rem 0; color: var(--soft); font-size: .9375rem; }
.divider::before, .divider::after { content: ""; flex: 1; border-top: 1px solid var(--line); }
.icons { display: flex; flex-wrap: wrap; justify-content: center; gap: .75rem; }
.stack + .icons { margin-top: 1rem; }
.stack + .stack { margin-top: .75rem; }
.beside + form { margin-top: 1.25rem; }
.icon {
  display: grid;
  place-items: center;
  width: 2.875rem;
  height: 2.875rem;
  border: 1px solid var(--rim);
  border-radius: 50%;
  color: var(--ink);
  font-weight: 650;
  text-decoration: none;
}
.icon:hover { border-color: var(--edge); }
/* On a phone of 360 px the six that most portals have stand in one row; 44 px is what a thumb wants. */
@media (max-width: 26rem) { .icons { gap: .375rem; } .icon { width: 2.75rem; height: 2.75rem; } }
/* LinkedIn's blue is 2.9 to 1 on the dark paper; its guidelines have the mark in white there. */
@media (prefers-color-scheme: dark) { .icon path[fill="#0A66C2"] { fill: #fff; } }
.notice {
  margin: 0 0 1.25rem;
  padding: .75rem .875rem;
  border-radius: .625rem;
  background: var(--note-ground);
  font-size: .9375rem;
}
.notice.bad { background: var(--bad-ground); color: var(--bad); }
.person { display: flex; align-items: center; gap: 1rem; margin-bottom: 1.5rem; }
.person h1 { margin: 0; }
.person .sub { margin: 0; }
.avatar {
  display: grid;
  place-items: center;
  flex: none;
  width: 3.25rem;
  height: 3.25rem;
  border-radius: 50%;
  background: var(--note-ground);
  color: var(--link);
  font-size: 1.25rem;
  font-weight: 650;
}
dl { margin: 0 0 1.5rem; border-top: 1px solid var(--line); }
dl div { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .125rem 1rem; padding: .75rem 0; border-bottom: 1px solid var(--line); }
dt { color: var(--soft); }
dd { margin: 0; margin-inline-start: auto; font-weight: 550; text-align: end; }
.areas ul { display: flex; flex-wrap: wrap; gap: .5rem 1.25rem; margin-bottom: 1.5rem; }
.areas a[aria-current] { color: var(--ink); font-weight: 600; text-decoration: none; }
.reference { margin: 1.75rem 0 0; color: var(--soft); font-size: .9375rem; }
.reference code {
  padding: .125rem .375rem;
  border-radius: .375rem;
  background: var(--note-ground);
  color: var(--ink);
  font: 600 .9375rem/1.4 ui-monospace, "SF Mono", Menlo, Consolas, monospace;
  letter-spacing: .06em;
}
.hint { margin: 0; color: var(--soft); font-size: .875rem; }
.beside { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .5rem 1.25rem; margin: 1rem 0 0; font-size: .9375rem; }
input[readonly] { background: var(--ground); color: var(--soft); }
.foot { max-width: 34rem; font-size: .875rem; text-align: center; }
.foot p { margin: 0 0 .5rem; }
.languages { display: flex; flex-wrap: wrap; justify-content: center; }
.languages a { display: block; padding: .375rem .3125rem; color: var(--soft); text-decoration: none; }
.languages a:hover { text-decoration: underline; }
.languages a[aria-current] { color: var(--ink); font-weight: 600; }
/* Japanese has no spaces to break at: at the end of a phrase rather than within a word. */
:lang(ja) { word-break: auto-phrase; }
/* Balanced, a heading would break before a particle. */
:lang(ja) h1 { text-wrap: wrap; }
[hidden] { display: none !important; }
h2 { margin: 2rem 0 .5rem; font-size: 1.125rem; font-weight: 650; }
.passkey { margin: .75rem 0; }
.others { margin: 1.25rem 0 0; text-align: center; }
.others li + li { margin-top: .5rem; }
.others + .others { margin-top: .25rem; }
.rows { border-top: 1px solid var(--line); }
.row { display: flex; align-items: center; justify-content: space-between; gap: 1rem; padding: .75rem 0; border-bottom: 1px solid var(--line); }
.row > div { display: flex; flex-direction: column; min-width: 0; }
.row strong { font-weight: 550; }
.row span { color: var(--soft); font-size: .875rem; }
.row form { flex: none; }
.rows + form { margin-top: 1rem; }
.button.small { width: auto; min-height: 2.25rem; padding: .25rem .75rem; font-size: .9375rem; }
.tag { padding: .0625rem .5rem; border-radius: 1rem; background: var(--note-ground); font-size: .8125rem; font-weight: 550; }
.qr { width: 13rem; margin: 0 auto 1rem; padding: .25rem; border-radius: .625rem; background: #ffffff; }
.qr svg { display: block; width: 100%; height: auto; }
.secret { margin: 0 0 1.25rem; font-size: .9375rem; }
.secret summary { color: var(--link); cursor: pointer; text-align: center; }
.secret p { margin: .75rem 0 0; text-align: center; }
.codes { display: grid; grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr)); gap: .5rem; margin-bottom: 1.5rem; }
.codes li { padding: .5rem .25rem; border-radius: .5rem; background: var(--note-ground); text-align: center; }
code { font: 600 .9375rem/1.4 ui-monospace, "SF Mono", Menlo, Consolas, monospace; letter-spacing: .04em; }
.codes code { font-size: .875rem; letter-spacing: 0; }
:is(summary):focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
@media (max-width: 30rem) {
  body { justify-content: flex-start; padding: .75rem; }
  .card { padding: 1.5rem 1.25rem; }
  /* Side by side, some would fit and some would not. */
  dl div { flex-direction: column; padding: .625rem 0; }
  dt { font-size: .875rem; }
  dd { margin-inline-start: 0; text-align: start; }
}
@media (prefers-reduced-motion: no-preference) {
  .button, .icon { transition: border-color .12s, filter .12s; }
}
@media (forced-colors: active) {
  .mark, .avatar, .button.primary { border: 1px solid; }
}
`;
