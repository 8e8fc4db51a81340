import { capabilities } from '@passbroker/usersource-policy';
import { Pages, type SignInView } from '../pages.js';
import { textsIn } from '../texts.js';
import { markOf } from './marks.js';

const ICONS = [...capabilities].filter(([, { display }]) => display === 'icon').map(([type]) => type);

describe('marks', () => {
  it('has one for every type that is an icon', () => {
    expect(ICONS).toEqual(expect.arrayContaining(['google', 'facebook', 'twitter']));
    for (const type of ICONS) expect(markOf(type)).toMatch(/^<svg [^>]*aria-hidden="true"/);
    expect(markOf('constructor')).toBeUndefined();
    expect(markOf(undefined)).toBeUndefined();
  });

  it('draws without script, style or anything from elsewhere', () => {
    for (const type of ICONS) expect(markOf(type)).not.toMatch(/<script|style=|href|url\(|on\w+=/i);
  });

  it('stands in a link that says where it leads', () => {
    const view: SignInView = {
      agents: false,
      application: undefined,
      notice: undefined,
      error: undefined,
      form: undefined,
      buttons: [],
      icons: [
        { href: '/sso/start/g', label: 'Google', type: 'google' },
        { href: '/sso/start/o', label: 'Other <b>', type: 'oidc' },
      ],
      bypassHref: undefined,
      passkeyHref: undefined,
      lostPasswordHref: undefined,
      registerHref: undefined,
    };
    const page = new Pages().signIn({ brand: { name: 'Acme', looks: {} }, texts: textsIn('en') }, view);
    expect(page).toMatch(/<a class="icon" href="\/sso\/start\/g" aria-label="[^"]*Google"[^>]*><svg /);
    expect(page).toMatch(/<span aria-hidden="true">O<\/span>/);
    expect(page).not.toContain('<b>');
  });
});
