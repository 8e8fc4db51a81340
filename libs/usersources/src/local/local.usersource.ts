import { Refusal, type IdentityAssertion } from '@passbroker/model';
import { localSettings, type LocalSettings } from './local.settings.js';
import type { Reply, Usersource, UsersourceTools, UsersourceType } from '../usersource.js';

/** Argon2 reads every byte it is given: a megabyte of password is an attack, not a password (PWD-010). */
const MAX_PASSWORD_BYTES = 1024;
const MAX_NAME_CHARS = 320;

export const local: UsersourceType<LocalSettings> = {
  type: 'local',
  settings: localSettings,
  open: (_settings, tools) => new LocalUsersource(tools),
};

class LocalUsersource implements Usersource {
  constructor(private readonly tools: UsersourceTools) {}

  async begin(): ReturnType<Usersource['begin']> {
    return { go: 'form', form: 'password', carry: {} };
  }

  async finish(reply: Reply): Promise<IdentityAssertion> {
    const { passwords, hasher } = this.tools;
    const name = (reply.fields['username'] ?? '').trim();
    const password = reply.fields['password'] ?? '';
    if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES || name.length > MAX_NAME_CHARS) {
      throw new Refusal('request.malformed', 'the name or password is longer than any real one');
    }
    const found = name === '' ? undefined : await passwords.find(name);
    if (!found) {
      // As long as a real check takes, so that timing does not tell who exists (PWD-002).
      await hasher.waste(password);
      throw new Refusal('password.unknown_name', 'nobody here has this name and a password');
    }
    if (!(await hasher.verify(found.hash, password))) {
      throw new Refusal('password.wrong', `the password of ${found.account} is another`);
    }
    if (hasher.needsRehash(found.hash)) await passwords.replace(found.account, await hasher.hash(password));
    return {
      usersource: this.tools.slug,
      subject: found.account,
      claims: {
        name: found.name,
        ...(found.email !== undefined && { email: found.email, emailVerified: found.emailVerified }),
      },
      authenticatedAt: this.tools.now(),
      methods: ['pwd'],
    };
  }

  async probe(): ReturnType<Usersource['probe']> {
    return { state: 'ok', steps: [{ step: 'accounts', ok: true, detail: 'Built-in accounts are always there.' }] };
  }
}
