import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { createLogger } from '@passbroker/platform';
import { describeWith } from '@passbroker/testing';
import type { Mailer } from '../src/mail/letter.js';
import { openMailer } from '../src/mail/open-mailer.js';
import { parsed, SECRET, startMailServer, USER, type Envelope, type MailServer } from './mail-server.js';
import { startWorld, type World } from './world.js';

const NEW = 'seven purple tractors';
const AUTHORITIES = getCACertificates('default');

/** Letters by the operator's own mail server, from the form on our page to the mailbox. */
describeWith(['python', 'openssl'], 'letters by SMTP', () => {
  let mail: MailServer;
  let world: World;
  const lines: string[] = [];
  const log = createLogger('gateway', 'debug', { write: (line) => void lines.push(line) });
  const mailers: Mailer[] = [];
  const mailerOf = (url: string): Mailer => {
    const mailer = openMailer({ NODE_ENV: 'production', DATA_DIR: '/nowhere', SMTP_URL: url }, () => new Date(), log);
    mailers.push(mailer);
    return mailer;
  };
  const urlOf = ({ port }: MailServer, query = '?requireTLS=true', password = SECRET): string =>
    `smtp://${USER}:${password}@localhost:${port}${query}`;

  beforeAll(async () => {
    mail = await startMailServer();
    // As NODE_EXTRA_CA_CERTS does when a process starts.
    setDefaultCACertificates([...AUTHORITIES, mail.ca]);
    world = await startWorld({ mailer: mailerOf(urlOf(mail)) });
  });
  afterAll(async () => {
    setDefaultCACertificates(AUTHORITIES);
    for (const mailer of mailers) await mailer.close();
    await world?.stop();
    await mail?.remove();
  });
  beforeEach(async () => {
    await world.forget();
    for (const list of [mail.received, mail.refused, mail.offered, lines]) list.length = 0;
    mail.stumble = 0;
  });

  const received = async (many = 1, patience = 10_000): Promise<Envelope> => {
    for (const end = Date.now() + patience; Date.now() < end;) {
      if (mail.received.length >= many) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const letter = mail.received.at(many - 1);
    if (!letter) throw new Error(`${many} letters were expected, ${mail.received.length} came`);
    return letter;
  };
  const ask = async (page: 'register' | 'lost-password', name: string, language = 'en') => {
    const browser = world.browser({ 'accept-language': language });
    const [form] = (await browser.visit(`/${page}`)).forms;
    if (!form) throw new Error('no form to ask on');
    return browser.submit(form, { [page === 'register' ? 'email' : 'username']: name });
  };
  const message = (to: string) => ({
    from: { name: 'Acme', address: 'no-reply@acme.test' },
    to,
    subject: 'Hello',
    text: 'Hello\n',
    html: '<p>Hello</p>',
    link: undefined,
  });

  it('go over TLS, as the user of the settings, and can be read', async () => {
    expect((await ask('lost-password', 'ann@acme.test')).status).toBe(200);
    const { raw, ...envelope } = await received();
    expect(envelope).toEqual({ from: 'no-reply@localhost', to: ['ann@acme.test'], secure: true, user: USER });
    const { headers, text, html, defects } = parsed(raw);
    expect(defects).toEqual([]);
    expect(headers).toMatchObject({
      to: 'ann@acme.test',
      'auto-submitted': 'auto-generated',
      'mime-version': '1.0',
      'message-id': expect.stringMatching(/^<[^@<>]+@[^@<>]+>$/),
    });
    const link = /https?:\/\/\S+/.exec(text)?.[0] ?? '';
    expect(new URL(link).origin).toBe(world.origin);
    expect(html).toContain(`href="${link}"`);
    // And it does what it says.
    const browser = world.browser();
    const [form] = (await browser.visit(new URL(link))).forms;
    if (!form) throw new Error('no form behind the link');
    expect((await browser.submit(form, { password: NEW, repeated: NEW })).status).toBe(200);
    expect(parsed((await received(2)).raw).headers['to']).toBe('ann@acme.test');
  });

  it.each(['de', 'fr', 'es', 'ja'])('arrive whole in %s', async (language) => {
    await ask('register', `new-${language}@acme.test`, language);
    const { headers, text, html, defects } = parsed((await received()).raw);
    expect(defects).toEqual([]);
    expect(html).toContain(`<html lang="${language}"`);
    const written = `${headers['subject']} ${text}`;
    expect(written).not.toMatch(/\ufffd|=[0-9A-F]{2}|Ã/);
    expect(written).toMatch({ de: /[äöüß]/, fr: /[éèà]/, es: /[áéíóúñ]/, ja: /[\u3040-\u30ff]/ }[language] ?? /^$/);
  });

  it('refused for their recipient cost nobody else theirs, and name nobody in the log', async () => {
    expect((await ask('register', 'gone@acme.test')).text).toContain('We have written to gone@acme.test');
    await ask('register', 'here@acme.test');
    expect((await received()).to).toEqual(['here@acme.test']);
    // A mailbox that is not there is no less missing a second later.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(mail.refused).toEqual(['gone@acme.test']);
    expect(world.lines.join('')).toContain('a letter could not be sent');
    expect(world.lines.join('')).not.toContain('gone@acme.test');
    expect(mail.received).toHaveLength(1);
  });

  it('that the server cannot take now are brought again, once', async () => {
    mail.stumble = 1;
    await ask('register', 'later@acme.test');
    expect((await received()).to).toEqual(['later@acme.test']);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(mail.received).toHaveLength(1);
  });

  it('are kept while the server is down, and nobody waits for it', async () => {
    await mail.close();
    const since = Date.now();
    expect((await ask('register', 'patient@acme.test')).status).toBe(200);
    expect(Date.now() - since).toBeLessThan(900);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(mail.received).toEqual([]);
    await mail.open();
    expect((await received()).to).toEqual(['patient@acme.test']);
  });

  describe('are not sent, nor the password told,', () => {
    it('to a server with a certificate that nobody vouches for', async () => {
      setDefaultCACertificates(AUTHORITIES);
      try {
        await expect(mailerOf(urlOf(mail)).send(message('ann@acme.test'))).rejects.toThrow(/certificate/);
      } finally {
        setDefaultCACertificates([...AUTHORITIES, mail.ca]);
      }
      expect([mail.offered, mail.received]).toEqual([[], []]);
      // Positive control: the same server, vouched for.
      await mailerOf(urlOf(mail)).send(message('ann@acme.test'));
      expect([mail.offered, mail.received.length]).toEqual([[`${USER}:${SECRET}`], 1]);
    });

    it('to a server with the certificate of another', async () => {
      const other = await startMailServer({ names: ['DNS:mail.else.test'] });
      setDefaultCACertificates([...AUTHORITIES, mail.ca, other.ca]);
      try {
        await expect(mailerOf(urlOf(other)).send(message('ann@acme.test'))).rejects.toThrow(/altnames/);
        expect([other.offered, other.received]).toEqual([[], []]);
      } finally {
        setDefaultCACertificates([...AUTHORITIES, mail.ca]);
        await other.remove();
      }
    });

    it('in the clear, where somebody has taken STARTTLS away', async () => {
      const bare = await startMailServer({ tls: false });
      try {
        await expect(mailerOf(urlOf(bare)).send(message('ann@acme.test'))).rejects.toThrow(/STARTTLS|TLS/);
        expect([bare.offered, bare.received]).toEqual([[], []]);
        // Positive control: who does not ask for TLS gets none.
        await mailerOf(urlOf(bare, '')).send(message('ann@acme.test'));
        expect(bare.received.map(({ secure }) => secure)).toEqual([false]);
      } finally {
        await bare.remove();
      }
    });

    it('with a password that the server does not take', async () => {
      const wrong = mailerOf(urlOf(mail, '?requireTLS=true', 'another'));
      await expect(wrong.send(message('ann@acme.test'))).rejects.toMatchObject({ code: 'EAUTH' });
      expect(mail.received).toEqual([]);
    });
  });

  it('leave no password, link or address in the log', async () => {
    await ask('lost-password', 'ann@acme.test');
    const { text } = parsed((await received()).raw);
    const secret = /lost-password\/([\w.-]+)/.exec(text)?.[1] ?? '';
    expect(secret.length).toBeGreaterThan(20);
    const logged = world.lines.join('') + lines.join('');
    for (const one of [SECRET, secret, 'ann@acme.test']) expect(logged).not.toContain(one);
  });
});
