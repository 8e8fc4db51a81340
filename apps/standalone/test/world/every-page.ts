import { renderSVG } from 'uqr';
import { dayIn, momentIn } from '../../../gateway/src/languages/dates.js';
import type { Face, Pages } from '../../../gateway/src/pages/pages.js';

const AT = new Date('2026-11-22T18:45:00Z');
/** What people and upstreams tell of themselves, wherever a page shows it. */
export const SAID = {
  name: 'Annegret Hildegard von der Wolfsschlucht-Ziegenberger',
  email: 'annegret@wolfsschlucht.acme.test',
  username: 'jane.doe@acme.test',
  label: 'Acme Federated Identity Provider (Europe)',
  way: 'Company intranet',
  application: 'Acme help desk',
  device: 'Chromium, Linux',
  ip: '2001:db8:85a3::8a2e:370:7334',
  claim: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
  detail: 'the response is signed by a key that the metadata does not name',
};
const RETURN = { name: 'return_to', value: '/agent/' };
const token = 'a-token-of-the-form';

/** Every template with everything on it that it can hold, by template and, where one has several, by occasion. */
export function everyPage(pages: Pages, face: Face, said = SAID): Record<string, string> {
  const { texts, brand } = face;
  const { secondFactor, localAccounts, account, change, signOut, recovery, ownership, addressAsked, trial } = texts;
  const day = dayIn(texts.lang, AT);
  const moment = momentIn(texts.lang, AT);
  const form = { action: '/login', token, username: said.username, returnTo: '/' };
  const ways = [said.way, said.label].map((label) => ({ href: '/', label }));
  const icons = ['Google', 'Facebook', said.label].map((label) => ({ href: '/', label }));
  const links = { lostPasswordHref: '/lost-password', registerHref: '/register', passkeyHref: '/passkey' };
  const signIn = { agents: false, application: said.application, bypassHref: '?sso=off', ...links };
  const others = [{ href: '/', label: secondFactor.useRecoveryCode }];
  const person = { name: said.name, email: said.email, through: said.way, since: AT };
  const areas = [texts.portal.portalArea, texts.portal.agentArea, texts.portal.adminArea];
  const passkey = { kind: 'get', action: '/second-factor', options: '{}', submit: secondFactor.usePasskey };
  const newPasskey = { ...passkey, kind: 'create', submit: secondFactor.addPasskey, label: said.device };
  const challenge = { title: secondFactor.title, heading: secondFactor.heading, token, hidden: [RETURN], others };
  const asking = { field: 'email', action: '/register', token, returnTo: '/', value: said.username } as const;
  const back = { href: '/login', label: localAccounts.backToSignIn };
  const { register, lostPassword, changePassword, faults } = localAccounts;
  return {
    signIn: pages.signIn(face, {
      ...signIn,
      notice: texts.notices.signed_out,
      error: undefined,
      form,
      buttons: ways,
      icons,
    }),
    'signIn: refused': pages.signIn(face, {
      ...signIn,
      agents: true,
      notice: undefined,
      error: texts.signIn.throttled(12),
      form,
      buttons: [],
      icons: [],
    }),
    'signIn: a way to choose': pages.signIn(face, {
      ...signIn,
      notice: texts.notices.redirect_loop,
      error: undefined,
      form: undefined,
      buttons: ways,
      icons: [],
    }),
    guest: pages.guest(face),
    portal: pages.portal(face, {
      person: { ...person, role: texts.portal.admin },
      areas: areas.map((label, at) => ({ href: '/', label, here: at === 0 })),
      token,
    }),
    confirm: pages.confirm(face, {
      title: change.title,
      heading: change.heading(said.name),
      text: change.text(said.name),
      action: '/',
      token,
      hidden: [],
      yes: change.confirm(said.name),
      no: change.stay(said.name),
    }),
    'confirm: sign out': pages.confirm(face, {
      title: signOut.title,
      heading: signOut.question(said.name),
      text: signOut.text,
      action: '/logout',
      token,
      hidden: [],
      yes: signOut.confirm,
      no: signOut.stay,
    }),
    postForm: pages.postForm(face, 'https://idp.acme.test/sso', { SAMLRequest: said.detail }),
    signedOut: pages.signedOut(face),
    error: pages.error(face, {
      ...texts.problems.noAccount,
      reference: said.claim,
      again: { href: '/', label: texts.error.tryAgain },
    }),
    askForAddress: pages.askForAddress(face, {
      ...register,
      ...asking,
      label: localAccounts.email,
      error: faults.address,
      back,
    }),
    'askForAddress: lost password': pages.askForAddress(face, {
      ...lostPassword,
      ...asking,
      field: 'username',
      label: texts.signIn.username,
      error: undefined,
      back,
    }),
    note: pages.note(face, {
      title: register.sentTitle,
      heading: register.sentTitle,
      paragraphs: [register.sent(said.username), localAccounts.mailHint],
      way: back,
    }),
    setPassword: pages.setPassword(face, {
      ...changePassword,
      action: '/change-password',
      token,
      email: said.username,
      name: said.name,
      old: true,
      fault: { field: 'password', text: faults.breached },
    }),
    expiredPassword: pages.draw('expiredPassword', face, {
      ...texts.expiredPassword,
      ...{ action: '/login', token, source: 'acme', username: said.username, returnTo: '/' },
      fault: { field: 'new_password', text: texts.expiredPassword.unacceptable },
    }),
    challenge: pages.draw('challenge', face, {
      ...challenge,
      text: secondFactor.text,
      error: secondFactor.wrong,
      passkey: false,
      code: 'app',
    }),
    'challenge: passkey': pages.draw('challenge', face, {
      ...challenge,
      text: secondFactor.text,
      error: undefined,
      passkey,
      code: 'app',
    }),
    'challenge: recovery code': pages.draw('challenge', face, {
      ...challenge,
      text: secondFactor.recoveryText,
      error: undefined,
      passkey: false,
      code: 'recovery',
    }),
    chooser: pages.draw('chooser', face, {
      title: secondFactor.title,
      heading: secondFactor.setUpHeading,
      text: secondFactor.setUpText,
      token,
      ways: [secondFactor.app, secondFactor.passkey].map((label) => ({ href: '/', label })),
    }),
    newApp: pages.draw('newApp', face, {
      title: secondFactor.appTitle,
      text: secondFactor.appText,
      error: secondFactor.wrongSetup,
      qr: renderSVG('otpauth://totp/Acme:jane?secret=JBSWY3DPEHPK3PXP', { ecc: 'M', border: 2 }),
      uri: 'otpauth://totp/x',
      secret: 'JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP',
      setup: 'x',
      token,
      hidden: [RETURN],
    }),
    newPasskey: pages.draw('newPasskey', face, {
      title: secondFactor.title,
      heading: secondFactor.passkeyHeading,
      text: secondFactor.passkeyText,
      error: secondFactor.passkeyRefused,
      needsScript: secondFactor.needsScript,
      token,
      hidden: [RETURN],
      passkey: newPasskey,
      others,
    }),
    recoveryCodes: pages.draw('recoveryCodes', face, {
      title: secondFactor.codesTitle,
      text: secondFactor.codesText,
      codes: Array.from({ length: 10 }, (_, at) => `k7qf-m2xw-${at}9tn`),
      next: { href: '/', label: secondFactor.codesKept },
    }),
    account: pages.draw('account', face, {
      title: account.title,
      wide: true,
      error: account.lastWay,
      token,
      person: {
        ...person,
        username: said.username,
        emails: [{ value: said.email, verified: true }],
      },
      passwordHref: '/change-password',
      app: day,
      passkeys: [{ id: 'p', label: 'Safari, iPhone', added: day }],
      recoveryCodes: 7,
      links: [{ usersource: 'us', label: said.way }],
      linkable: [{ slug: 'us2', label: said.label }],
      sessions: [
        {
          id: 's',
          here: true,
          device: said.device,
          ip: said.ip,
          seen: moment,
          through: 'Local',
        },
        { id: 't', here: false, device: 'Safari, iPhone', ip: '192.0.2.1', seen: moment, through: said.way },
      ],
      homeHref: '/',
    }),
    ownership: pages.draw('ownership', face, {
      title: ownership.title,
      heading: ownership.heading,
      text: ownership.text(said.username, said.label),
      action: '/own/x',
      token,
    }),
    ownershipCode: pages.draw('ownershipCode', face, {
      title: ownership.title,
      heading: ownership.codeHeading,
      text: ownership.codeText,
      error: ownership.wrongCode,
      action: '/own/x',
      token,
    }),
    'askForAddress:asked': pages.askForAddress(face, {
      title: addressAsked.title,
      heading: addressAsked.heading,
      text: addressAsked.text(said.label),
      submit: ownership.submit,
      field: 'email',
      label: localAccounts.email,
      value: '',
      error: localAccounts.faults.address,
      action: '/address/x',
      token,
      returnTo: undefined,
      back: { href: '/login', label: localAccounts.backToSignIn },
    }),
    'ownershipCode:address': pages.draw('ownershipCode', face, {
      title: addressAsked.title,
      heading: ownership.codeHeading,
      text: addressAsked.codeText(said.username),
      error: ownership.wrongCode,
      otherWay: addressAsked.otherAddress,
      action: '/address/x',
      token,
    }),
    'trial:passed': pages.draw('trial', face, {
      title: trial.title,
      wide: true,
      heading: trial.passed(said.label),
      text: trial.passedText,
      good: true,
      rows: [
        { name: trial.subject, value: said.detail },
        { name: trial.name, value: said.name },
        { name: trial.account, value: trial.nobody },
      ],
      said: [{ name: said.claim, value: said.email }],
    }),
    'trial:failed': pages.draw('trial', face, {
      title: trial.title,
      wide: true,
      heading: trial.failed(said.label),
      text: trial.failedText,
      good: false,
      rows: [
        { name: trial.reason, value: 'upstream.untrusted' },
        { name: trial.detail, value: said.detail },
      ],
      said: [],
    }),
    recovery: pages.draw('recovery', face, { ...recovery, action: '/recover', mail: true, token, brand }),
  };
}
