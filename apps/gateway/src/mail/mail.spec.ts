import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@passbroker/platform';
import { FolderMailer } from './folder.mailer.js';
import { mailAddress, type Message } from './letter.js';
import { Outbox } from './outbox.js';

const AT = new Date('2030-01-01T00:00:00Z');
const LINK = 'http://localhost:3000/lost-password/canary-link';
const MESSAGE: Message = {
  from: { name: 'Acmé', address: 'no-reply@acme.test' },
  to: 'ann@acme.test',
  subject: 'Ein neues Passwort für Ihr Konto, bei Acmé',
  text: `Hello\n\n${LINK}\n`,
  html: `<p>Hello</p><a href="${LINK}">x</a>`,
  link: LINK,
};

function room(showLinks: boolean) {
  const folder = join(mkdtempSync(join(tmpdir(), 'mail-')), 'mail');
  const lines: string[] = [];
  const log = createLogger('gateway', 'debug', { write: (line) => void lines.push(line) });
  return { folder, lines, log, mailer: new FolderMailer({ folder, now: () => AT, log, showLinks }) };
}

describe('a letter without a mail server', () => {
  it('is a file that only its owner reads, with both its forms', async () => {
    const { folder, mailer, lines } = room(true);
    await mailer.send(MESSAGE);
    const [file = ''] = readdirSync(folder);
    expect(file).toMatch(/^2030-01-01T00-00-00-000Z-[0-9a-f]{8}\.eml$/);
    expect([statSync(folder).mode & 0o777, statSync(join(folder, file)).mode & 0o777]).toEqual([0o700, 0o600]);
    const eml = readFileSync(join(folder, file), 'utf8');
    expect(eml).toContain('To: ann@acme.test');
    expect(eml).toContain('Auto-Submitted: auto-generated');
    expect(eml).toMatch(/text\/plain[\s\S]*text\/html/);
    expect(lines.join('')).toContain('canary-link');
    rmSync(folder, { recursive: true });
  });

  it('has its link in the log on a developer’s machine only', async () => {
    const { folder, mailer, lines } = room(false);
    await mailer.send(MESSAGE);
    expect(readdirSync(folder)).toHaveLength(1);
    expect(lines.join('')).not.toContain('canary-link');
    rmSync(folder, { recursive: true });
  });

  // WEB-024
  it.each([
    ['an address', { to: 'ann@acme.test\r\nBcc: everybody@acme.test' }],
    ['a subject', { subject: 'Hello\nBcc: everybody@acme.test' }],
    ['a brand’s name', { from: { name: 'Acme\r\nBcc: everybody@acme.test', address: 'no-reply@acme.test' } }],
  ])('is refused with a line break in %s', async (_what, part) => {
    const { folder, mailer } = room(false);
    await expect(mailer.send({ ...MESSAGE, ...part })).rejects.toMatchObject({ code: 'request.malformed' });
    await expect(mailer.send(MESSAGE)).resolves.toBeUndefined();
    expect(readdirSync(folder)).toHaveLength(1);
    rmSync(folder, { recursive: true });
  });
});

describe('an address to write to', () => {
  it.each([' ann@acme.test ', 'ann+desk@mail.acme.test', "o'neill@acme.test"])('may be %s', (typed) => {
    expect(mailAddress(typed)).toBe(typed.trim());
  });

  it.each([
    'ann',
    'ann@localhost',
    'ann@acme.test, bob@acme.test',
    'Ann <ann@acme.test>',
    'ann@acme.test\r\nBcc: bob@acme.test',
    '"ann b"@acme.test',
    'аnn@acme.test',
    'ann@аcme.test',
    `${'a'.repeat(65)}@acme.test`,
    `ann@${'a.'.repeat(130)}test`,
    'ann@-acme.test',
  ])('is not %j', (typed) => {
    expect(mailAddress(typed)).toBeUndefined();
  });

  it('is judged in linear time', () => {
    const began = performance.now();
    mailAddress(`a@${'a-'.repeat(126)}`);
    mailAddress(`a@${'a'.repeat(250)}!`);
    expect(performance.now() - began).toBeLessThan(50);
  });
});

describe('the outbox', () => {
  const silent = createLogger('gateway', 'silent');

  it('tries again when the mail server stumbles, and says no address when it gives up', async () => {
    const { log, lines } = room(false);
    const outbox = new Outbox(log, [1, 1]);
    let tries = 0;
    const stumble = async () => {
      tries += 1;
      if (tries < 3) throw new Error('421 try later');
    };
    outbox.later(() => outbox.patiently(stumble));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(tries).toBe(3);
    outbox.later(() => outbox.patiently(() => Promise.reject(new Error('550 ann@acme.test unknown'))));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(lines.join('')).toContain('could not be sent');
    expect(lines.join('')).not.toContain('ann@acme.test');
  });

  it('sends what was promised before it closes', async () => {
    const outbox = new Outbox(silent);
    const sent: number[] = [];
    for (let one = 0; one < 9; one += 1) {
      outbox.later(async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        sent.push(one);
      });
    }
    await outbox.close();
    expect(sent).toHaveLength(9);
  });
});
