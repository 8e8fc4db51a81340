import { Refusal, type IdentityAssertion, type SignInAsk } from '@passbroker/model';
import { readMultipass } from '@passbroker/multipass';
import { multipassSettings, type MultipassSettings } from './multipass.settings.js';
import { listedAddress } from '../addresses/return-url.js';
import type { NextStep, Reply, Usersource, UsersourceTools, UsersourceType } from '../usersource.js';

/** Whoever was asked with `passive=1` and knows nobody comes back with neither of these. */
const TOKEN = /(^|&)(multipass|signature|sso)=/;

export const multipass: UsersourceType<MultipassSettings> = {
  type: 'multipass',
  settings: multipassSettings,
  open: (settings, tools) => new MultipassUsersource(settings, tools),
};

class MultipassUsersource implements Usersource {
  constructor(
    private readonly settings: MultipassSettings,
    private readonly tools: UsersourceTools,
  ) {}

  async begin(_transaction: string, ask: SignInAsk): Promise<NextStep> {
    const to = new URL(this.settings.remoteLoginUrl);
    // Appended as text: the script's own query stays as it was typed. Scripts that do not know the word ignore it.
    if (ask.silent) to.search = to.search === '' ? 'passive=1' : `${to.search}&passive=1`;
    return { go: 'redirect', to, carry: { asked: 'yes', ...(ask.silent && { silent: 'yes' }) } };
  }

  async finish(reply: Reply, carried: Readonly<Record<string, string>>): Promise<IdentityAssertion> {
    if (!this.settings.unsolicited && carried['asked'] !== 'yes') {
      throw new Refusal('multipass.unsolicited', 'nobody in this browser was sent to the remote login');
    }
    if (carried['silent'] === 'yes' && !TOKEN.test(reply.rawQuery)) {
      throw new Refusal('upstream.login_required', 'nobody is signed in at the remote login');
    }
    const { siteKey, apiKey, maxLifetimeSec, acceptUnsigned, dialect, returnUrls } = this.settings;
    const now = this.tools.now();
    const told = readMultipass(reply.rawQuery, { siteKey, apiKey }, now, {
      dialect,
      allowUnsigned: acceptUnsigned,
      ...(maxLifetimeSec !== undefined && { maxLifetimeSec }),
    });
    const to = listedAddress(told.to, returnUrls);
    return {
      usersource: this.tools.slug,
      subject: told.uid,
      claims: {
        email: told.email,
        // The company's own word about its own people. Whose word counts for which domain is the linking rules'.
        emailVerified: true,
        ...(told.name !== '' && { name: told.name }),
        attributes: told.custom,
      },
      authenticatedAt: now,
      methods: [],
      ...(to !== undefined && { to }),
      // For as long as the token lives, be it until 2099: forgotten earlier, a captured link would work again.
      once: { key: told.replayKey, until: told.expires },
    };
  }

  async probe(): ReturnType<Usersource['probe']> {
    const step = 'remote login page';
    try {
      const answer = await this.tools.fetch(this.settings.remoteLoginUrl, { redirect: 'manual' });
      const ok = answer.status < 500;
      return { state: ok ? 'ok' : 'down', steps: [{ step, ok, detail: `answered ${answer.status}` }] };
    } catch (error) {
      const detail = error instanceof Error ? error.message : 'no answer';
      return { state: 'down', steps: [{ step, ok: false, detail }] };
    }
  }
}
