import type { RefusalCode } from '@passbroker/model';

/** Every text that a person reads, in one place. A translation is a file like this one. */
export const texts = {
  lang: 'en',
  dir: 'ltr',
  signIn: {
    title: 'Sign in',
    heading: (brand: string) => `Sign in to ${brand}`,
    forApplication: (application: string) => `to continue to ${application}`,
    forAgents: 'Agent sign-in',
    username: 'E-mail or username',
    password: 'Password',
    submit: 'Sign in',
    or: 'or',
    usePasskey: 'Use a passkey',
    continueWith: (label: string) => `Continue with ${label}`,
    moreWays: 'More ways to sign in',
    otherOptions: 'Other ways to sign in',
    wrong: 'That name and password do not match. Check both and try again.',
    throttled: (minutes: number) =>
      minutes <= 1
        ? 'Too many tries. Wait a minute, then try again.'
        : `Too many tries. Wait ${minutes} minutes, then try again.`,
    busy: 'Many people are signing in just now. Wait a few seconds, then try again.',
    lostPassword: 'Forgot your password?',
    register: 'Create an account',
  },
  localAccounts: {
    account: 'Account',
    email: 'E-mail',
    name: 'Your name',
    oldPassword: 'Current password',
    newPassword: 'New password',
    repeated: 'New password, again',
    rule: 'At least 12 characters. Several words in a row are easy to remember and hard to guess.',
    backToSignIn: 'Back to sign-in',
    mailHint: 'Nothing there after a few minutes? Look among the unwanted mail, then try once more.',
    register: {
      title: 'Create an account',
      heading: 'Create an account',
      text: 'Tell us your e-mail address. We send you a link, and you go on from there.',
      submit: 'Send the link',
      sentTitle: 'Look at your mail',
      sent: (address: string) => `We have written to ${address}. The link in the letter works for 24 hours, once.`,
      finishTitle: 'Almost done',
      finishText: 'Your address is confirmed. Tell us your name and choose a password.',
      finishSubmit: 'Create the account',
    },
    lostPassword: {
      title: 'Lost password',
      heading: 'Forgot your password?',
      text: 'Tell us who you are. We send a link to choose a new password.',
      submit: 'Send the link',
      sentTitle: 'Look at your mail',
      sent: (name: string) =>
        `If ${name} has an account with a password here, we have written to its e-mail address. The link in the letter works for 30 minutes, once.`,
      finishTitle: 'Choose a new password',
      finishText: 'Everybody who is signed in with this account now will be signed out.',
      finishSubmit: 'Change the password',
    },
    changePassword: {
      title: 'Change your password',
      text: 'You stay signed in here, and are signed out everywhere else.',
      submit: 'Change the password',
      doneTitle: 'Your password is changed',
      done: 'From now on, sign in with the new one. Everybody else who was signed in with this account is signed out.',
      go: 'Continue',
    },
    faults: {
      address: 'That is no e-mail address we can write to. Check it, please.',
      username: 'Type your e-mail address or your username.',
      name: 'Type your name, in at most 200 characters.',
      old: 'That is not your current password.',
      same: 'The new password is the current one. Choose another.',
      different: 'You typed two different passwords. Type the new one twice.',
      breached: 'This password has been found in a published list of stolen ones. Choose another.',
      short: (least: number) => `The password is too short. It needs at least ${least} characters.`,
      long: (_least: number) => 'The password is longer than we can take.',
      easy: (_least: number) => 'This password is easily guessed. Choose one that is no row of keys or numbers.',
      common: (_least: number) => 'This is one of the passwords that are tried first. Choose another.',
      own_name: (_least: number) => 'This password is hardly more than your own name or address. Choose another.',
    },
  },
  letters: {
    register: {
      subject: (brand: string) => `Confirm your e-mail address for ${brand}`,
      text: (brand: string) => `Press the button to create your account at ${brand}. It works for 24 hours, once.`,
      action: 'Go on',
      closing: 'If you did not ask for this, do nothing: without you there will be no account.',
    },
    alreadyRegistered: {
      subject: (brand: string) => `You have an account at ${brand} already`,
      text: (brand: string) =>
        `Somebody, probably you, wanted to create an account at ${brand} with this address. There is one already.`,
      lost: 'Sign in as you did before. Where you signed in with a password and have forgotten it, the sign-in page helps.',
      action: 'Sign in',
      closing: 'If it was not you, do nothing: nobody has learned that you have an account.',
    },
    lostPassword: {
      subject: (brand: string) => `A new password for ${brand}`,
      text: (brand: string) => `Press the button to choose a new password for ${brand}. It works for 30 minutes, once.`,
      action: 'Choose a new password',
      closing: 'If you did not ask for this, do nothing: your password stays as it is.',
    },
    noPassword: {
      subject: (brand: string) => `Signing in to ${brand}`,
      text: (brand: string) =>
        `Somebody, probably you, wanted a new password for ${brand}. Your account there has none.`,
      ways: 'You sign in by another way, as you did before: the sign-in page lists them all.',
      action: 'Sign in',
      closing: 'If it was not you, do nothing: nothing has changed.',
    },
    passwordChanged: {
      subject: (brand: string) => `Your password for ${brand} was changed`,
      text: (brand: string) =>
        `The password of your account at ${brand} has just been changed, and all other devices were signed out.`,
      notYou: 'Was it not you? Then choose a new password at once, and tell your administrator.',
      action: 'Choose a new password',
    },
  },
  notices: {
    idp_error: 'That did not work. You can try again, or choose another way.',
    signed_out: 'You are signed out.',
    redirect_loop: 'You were sent back and forth too often. Press the button to try once more.',
    reauth: 'Please confirm that it is you.',
    select_account: 'Choose how to sign in.',
    sso_unavailable: 'This sign-in service does not answer at the moment. Try again in a while.',
  },
  portal: {
    guestHeading: (brand: string) => `Welcome to ${brand}`,
    guestText: 'You are not signed in.',
    signIn: 'Sign in',
    agentSignIn: 'Agent sign-in',
    hello: (name: string) => `Hello, ${name}`,
    signedInThrough: 'Signed in through',
    email: 'E-mail',
    since: 'Since',
    role: 'Role',
    agent: 'Agent',
    admin: 'Administrator',
    user: 'User',
    signOut: 'Sign out',
    agentArea: 'Agent area',
    adminArea: 'Administration',
    portalArea: 'Portal',
    account: 'Your account',
  },
  secondFactor: {
    title: 'Confirm that it is you',
    heading: 'Confirm that it is you',
    text: 'One more proof, besides what you signed in with.',
    recoveryText: 'Type one of the recovery codes you kept. Each works once.',
    code: 'Code from your authenticator app',
    recoveryCode: 'Recovery code',
    submit: 'Confirm',
    usePasskey: 'Use your passkey',
    useRecoveryCode: 'Use a recovery code',
    useOther: 'Use another proof',
    useApp: 'Use an authenticator app instead',
    wrong: 'That code is wrong, too old or was used already. Wait for the next one and try again.',
    passkeyFailed: 'Your browser did not give us a passkey. You can try again.',
    passkeyRefused: 'That passkey does not work here. Try again, or use another way.',
    needsScript: 'Passkeys need JavaScript, which is switched off in this browser.',
    setUpHeading: 'Set up a second proof',
    setUpText:
      'Your password alone is not enough here. Choose what you want to confirm your sign-ins with from now on.',
    app: 'Authenticator app',
    passkey: 'Passkey',
    appTitle: 'Set up an authenticator app',
    appText: 'Scan this picture with your authenticator app, then type the code it shows.',
    qrLabel: 'Picture to scan with your authenticator app',
    byHand: 'Cannot scan it?',
    openApp: 'Open it in an app on this device',
    confirmApp: 'Set up',
    wrongSetup: 'That is not the code your app should show now. Check the clock of your device and try again.',
    passkeyHeading: 'Set up a passkey',
    passkeyText: 'Your device confirms that it is you, by your finger, your face or its own code.',
    passkeyName: 'Name of this passkey',
    addPasskey: 'Set up a passkey',
    signInHeading: 'Sign in with a passkey',
    signInText: 'Your device confirms that it is you. No password is needed.',
    otherWays: 'Sign in another way',
    codesTitle: 'Keep your recovery codes',
    codesText:
      'If you lose your device, one of these lets you in, once each. Keep them where you keep other important papers: we cannot show them again.',
    codesKept: 'I have kept them',
  },
  account: {
    title: 'Your account',
    heading: 'Your account',
    name: 'Name',
    email: 'E-mail',
    username: 'Username',
    verified: 'confirmed',
    password: 'Password',
    changePassword: 'Change your password',
    factors: 'Second proofs',
    noFactors: 'You have none yet. With one, a stolen password alone opens nothing.',
    added: (day: string) => `Set up on ${day}`,
    passkey: (label: string) => `Passkey: ${label}`,
    recoveryCodes: 'Recovery codes',
    codesLeft: (left: number) => (left === 1 ? 'One is left' : `${left} are left`),
    renewCodes: 'Make new ones',
    remove: 'Remove',
    removeOne: (what: string) => `Remove: ${what}`,
    addApp: 'Set up an authenticator app',
    addPasskey: 'Set up a passkey',
    links: 'Ways to sign in',
    notLinked: 'Not linked',
    link: 'Link',
    linkOne: (label: string) => `Link ${label}`,
    unlink: 'Unlink',
    unlinkOne: (label: string) => `Unlink ${label}`,
    lastWay: 'This is your last way to sign in. Link another, or set a password, before you remove it.',
    linking: {
      title: 'Link to your account?',
      heading: (label: string) => `Link ${label} to your account?`,
      text: (name: string) =>
        `You signed in there as ${name}. From now on, that opens your account here. Go on only if it is you.`,
      yes: 'Link',
      no: 'Do not link',
    },
    sessions: 'Where you are signed in',
    thisOne: 'This browser',
    seen: (when: string) => `Last used ${when}`,
    end: 'Sign out',
    endOne: (device: string) => `Sign out ${device}`,
    endOthers: 'Sign out everywhere else',
    back: 'Back',
  },
  signOut: {
    title: 'Sign out',
    question: (name: string) => `Sign out ${name}?`,
    text: 'You will be signed out here and of the applications you opened from here.',
    confirm: 'Sign out',
    stay: 'Stay signed in',
  },
  signedOut: {
    title: 'Signed out',
    heading: 'You are signed out',
    text: 'If others use this computer, close the browser too.',
    again: 'Sign in again',
  },
  change: {
    title: 'Change account?',
    heading: (name: string) => `You are signed in as ${name}`,
    text: (name: string) => `The link you followed signs you in as ${name}. Go on only if you expected that.`,
    confirm: (name: string) => `Continue as ${name}`,
    stay: (name: string) => `Stay signed in as ${name}`,
  },
  postForm: { title: 'One more step', text: 'Press the button to go on.', submit: 'Continue' },
  error: {
    title: 'Sorry',
    reference: 'Reference',
    referenceHint: 'Tell this to your help desk if it keeps happening.',
    tryAgain: 'Try again',
    home: 'Go to the start page',
    support: 'Get help',
  },
} as const;

interface Kind {
  status: number;
  heading: string;
  text: string;
}

const LINK: Kind = {
  status: 403,
  heading: 'This sign-in link did not work',
  text: 'It may have been used already, or be too old. Go back to where you came from and sign in there again.',
};
const NOT_THIS_WAY: Kind = {
  status: 403,
  heading: 'You cannot sign in this way',
  text: 'Choose another way to sign in, or ask your administrator.',
};
const AWAY: Kind = {
  status: 503,
  heading: 'We are not ready just now',
  text: 'Something we need does not answer. Nothing is lost: wait a few seconds, then try again.',
};
const GENERAL: Kind = {
  status: 400,
  heading: 'That did not work',
  text: 'Go back and try once more.',
};
const NOT_FOUND: Kind = { status: 404, heading: 'There is nothing here', text: 'The address may be mistyped or old.' };
const TOO_LATE: Kind = {
  status: 400,
  heading: 'This took too long',
  text: 'Go back to the application you came from and start again.',
};
const BLOCKED: Kind = {
  status: 403,
  heading: 'You cannot sign in at the moment',
  text: 'Your access is switched off. Your administrator can tell you why.',
};
const UPSTREAM: Kind = {
  status: 403,
  heading: 'Signing in did not work',
  text: 'The service you signed in with did not confirm who you are. Try again.',
};

/** What a refusal is to the person. Kinds, not codes: what exactly failed is for the log (no oracle). */
const KINDS: Partial<Record<RefusalCode, Kind>> = {
  'brand.unknown': NOT_FOUND,
  'brand.disabled': NOT_FOUND,
  'application.unknown': { ...GENERAL, heading: 'We do not know this application', text: 'Ask whoever sent you here.' },
  'application.disabled': { ...BLOCKED, heading: 'This application is switched off', text: 'Ask your administrator.' },
  'request.cross_site': { ...GENERAL, status: 403, text: 'Open the sign-in page again and use its own buttons.' },
  'request.too_large': { ...GENERAL, status: 413 },
  'transaction.expired': TOO_LATE,
  'transaction.other_browser': {
    ...TOO_LATE,
    heading: 'This sign-in began elsewhere',
    text: 'It can only be finished in the browser that began it. Go back to the application and start again.',
  },
  'transaction.not_completed': TOO_LATE,
  'usersource.unknown': NOT_FOUND,
  'usersource.disabled': NOT_THIS_WAY,
  'usersource.not_offered': NOT_THIS_WAY,
  'usersource.other_audience': NOT_THIS_WAY,
  'usersource.misconfigured': { ...AWAY, text: 'This way to sign in is not set up properly. Tell your administrator.' },
  'secret.unreadable': { ...AWAY, text: 'This way to sign in is not set up properly. Tell your administrator.' },
  'usersource.unreachable': AWAY,
  'multipass.signature': LINK,
  'multipass.decryption': LINK,
  'multipass.invalid_data': LINK,
  'multipass.expired': LINK,
  'multipass.too_long_lived': LINK,
  'multipass.unsolicited': LINK,
  replayed: LINK,
  'mailed_link.spent': {
    status: 404,
    heading: 'This link no longer works',
    text: 'It may have been used already, or be too old. Ask for a new one.',
  },
  'password.busy': { ...AWAY, text: 'Many people are signing in just now. Wait a few seconds, then try again.' },
  'upstream.refused': UPSTREAM,
  'upstream.untrusted': UPSTREAM,
  'upstream.malformed': UPSTREAM,
  cancelled: { ...GENERAL, heading: 'You did not sign in', text: 'You can try again whenever you like.' },
  'account.disabled': BLOCKED,
  'account.none': {
    status: 403,
    heading: 'There is no account for you here yet',
    text: 'You proved who you are, but nobody has given you access. Ask your administrator.',
  },
  'audience.mismatch': NOT_THIS_WAY,
  'link.refused': {
    ...NOT_THIS_WAY,
    heading: 'Your e-mail address is in use already',
    text: 'Sign in the way you did before. Your administrator can join the two.',
  },
  'link.prove': {
    ...NOT_THIS_WAY,
    heading: 'Your e-mail address is in use already',
    text: 'Sign in the way you did before. Your administrator can join the two.',
  },
  'session.expired': { ...TOO_LATE, text: 'Sign in again.' },
  not_admitted: { ...BLOCKED, heading: 'You may not enter here', text: 'Your account has no access to this page.' },
  'service.unavailable': AWAY,
};

export const kindOf = (code: RefusalCode): Kind => KINDS[code] ?? GENERAL;
export const unexpected: Kind = { ...AWAY, status: 500, heading: 'Something broke on our side' };
export const notFound = NOT_FOUND;

/** Codes of errors that the minter could not show itself; anything else gets the general text. */
export const problems: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['invalid_client', kindOf('application.unknown')],
  ['unauthorized_client', kindOf('application.unknown')],
  ['temporarily_unavailable', AWAY],
  ['server_error', AWAY],
  ['access_denied', kindOf('not_admitted')],
  ...Object.entries(KINDS),
]);
export const generalProblem = GENERAL;
