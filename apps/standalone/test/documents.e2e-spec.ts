import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { freePort } from '@passbroker/testing';
import { examples, ROOT } from '../../../libs/testing/src/documents/markdown.js';
import { place, startStandaloneAt, type Place, type Standalone } from './world/standalone.js';

const DOCUMENTS = [
  'README.md',
  'docs/admin-api.md',
  'docs/usersources/multipass.md',
  'docs/usersources/local.md',
  'docs/protocols/openid-connect.md',
];

/** What stands between two answers in the shell's output. */
const END = '\u001e';

/** One shell for a whole document, as its reader has one: variables and functions stay. */
class Shell {
  private readonly child: ChildProcess;
  private out = '';
  private err = '';

  constructor(folder: string) {
    this.child = spawn('bash', [], {
      cwd: folder,
      detached: true,
      env: { PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`, LANG: 'C.UTF-8', HOME: folder },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.child.stdout?.setEncoding('utf8').on('data', (piece: string) => (this.out += piece));
    this.child.stderr?.setEncoding('utf8').on('data', (piece: string) => (this.err += piece));
  }

  async run(command: string): Promise<string> {
    [this.out, this.err] = ['', ''];
    this.child.stdin?.write(`${command}\nprintf '\\036'\n`);
    for (const end = Date.now() + 20_000; !this.out.includes(END);) {
      if (Date.now() > end) throw new Error(`no end of:\n${command}\n${this.out}${this.err}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return this.out.split(END, 1)[0] ?? '';
  }

  /** With everything it began in the background. */
  close(): void {
    if (this.child.pid !== undefined) process.kill(-this.child.pid, 'SIGKILL');
  }
}

/** Whether an answer has all that a document shows of it; "…" stands for a text that is another every time. */
function shows(actual: unknown, told: unknown): boolean {
  if (told === '…') return typeof actual === 'string' && actual !== '';
  if (Array.isArray(told)) {
    return Array.isArray(actual) && actual.length === told.length && told.every((one, at) => shows(actual[at], one));
  }
  if (typeof told !== 'object' || told === null) return actual === told;
  if (typeof actual !== 'object' || actual === null) return false;
  const members = new Map(Object.entries(actual));
  return Object.entries(told).every(([name, value]) => members.has(name) && shows(members.get(name), value));
}

const headAndBody = (text: string): [head: string[], body: string] => {
  const [head = '', ...body] = text.replaceAll('\r\n', '\n').trim().split('\n\n');
  return [head.split('\n'), body.join('\n\n')];
};

function expectAnswer(got: string, { kind, text }: { kind: 'json' | 'http'; text: string }, command: string): void {
  const [told, body] = kind === 'http' ? headAndBody(text) : [[], text];
  const [head, gotBody] = kind === 'http' ? headAndBody(got) : [[], got];
  const parsed: unknown = gotBody === '' ? undefined : JSON.parse(gotBody);
  const ok = told.every((line) => head.includes(line)) && (body === '' || shows(parsed, JSON.parse(body)));
  // Said whole only when it is wrong: a document is mended by what really came.
  if (!ok) throw new Error(`the document shows another answer to:\n${command}\nIt was:\n${got}`);
}

describe.each(DOCUMENTS)('the examples of %s', (path) => {
  let somewhere: Place;
  let folder: string;
  let broker: Standalone;
  let shell: Shell;
  let told: (text: string) => string;

  beforeAll(async () => {
    somewhere = await place();
    folder = mkdtempSync(join(tmpdir(), 'passbroker-reader-'));
    const env: Record<string, string> = { ...somewhere.env, DATA_DIR: join(folder, '.data') };
    mkdirSync(join(folder, '.data'), { mode: 0o700 });
    symlinkSync(join(ROOT, 'examples'), join(folder, 'examples'));
    broker = await startStandaloneAt({ ...somewhere, env });
    const mySite = await freePort();
    const ports: Record<string, string | undefined> = {
      3000: env['GATEWAY_PORT'],
      3001: env['ADMIN_PORT'],
      4000: env['HELP_DESK_PORT'],
      4001: env['INTRANET_PORT'],
      8000: String(mySite),
    };
    told = (text) =>
      text
        .replaceAll(
          /\b(localhost:)(3000|3001|4000|4001|8000)\b/g,
          (_all, host: string, port: string) => host + ports[port],
        )
        .replaceAll('listen(8000', `listen(${mySite}`);
    shell = new Shell(folder);
  }, 90_000);

  afterAll(async () => {
    shell?.close();
    await broker?.program.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    somewhere?.remove();
  });

  const before: Record<string, () => Promise<void>> = {
    'somebody signed in at the help desk': async () => {
      const page = await broker.browser().visit(`${broker.helpDesk}/sign-in`);
      expect(page.text).toContain('Me Myself');
    },
    'an admin signed in': async () => {
      const password = readFileSync(join(folder, '.data/admin-password'), 'utf8').trim();
      const browser = broker.browser();
      const page = await browser.visit('/agent/');
      const [form] = page.forms;
      if (!form) throw new Error('no form');
      await browser.post('/agent/login', { ...form.fields, username: 'admin@example.com', password });
    },
  };

  it('do what the document says', async () => {
    const all = examples(readFileSync(join(ROOT, path), 'utf8'));
    expect(all.length).toBeGreaterThan(0);
    for (const { after, command, answer } of all) {
      if (after !== undefined) {
        const step = before[after];
        if (!step) throw new Error(`nobody knows how "${after}" happens`);
        await step();
      }
      const got = await shell.run(told(command));
      if (answer) expectAnswer(got, { ...answer, text: told(answer.text) }, command);
    }
  }, 60_000);
});
