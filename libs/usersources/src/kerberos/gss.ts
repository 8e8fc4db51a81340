import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Refusal } from '@passbroker/model';
import { z } from 'zod';

export interface Accepted {
  /** As libkrb5 writes it: `alice@ACME.TEST`. */
  principal: string;
  /** Whose key it was: `HTTP/sso.acme.test@ACME.TEST`. There may be several in the file. */
  target: string | null;
  /** Our half of a mutual authentication, base64. */
  response: string | null;
}

export interface GssOptions {
  keytab: string;
  /** Ours, as it stands in the keytab behind `HTTP/`. */
  host: string;
  /** Of the native library. */
  library?: string;
  timeoutMs?: number;
  idleMs?: number;
}

const answer = z.union([
  z.object({
    id: z.int(),
    principal: z.string().min(1),
    target: z.string().nullable(),
    response: z.string().nullable(),
  }),
  z.object({ id: z.int(), ready: z.literal(true) }),
  z.object({ id: z.int(), failed: z.string(), at: z.enum(['load', 'start', 'step']) }),
]);
type Answer = z.infer<typeof answer>;

interface Asked {
  id: number;
  token: string | undefined;
  settle: (answer: Answer | Refusal) => void;
}

/** A sign-in takes well under a millisecond here: who would wait longer than this waits for nothing. */
const MOST_WAITING = 200;
const TIMEOUT_MS = 5_000;
const IDLE_MS = 60_000;

/**
 * GSS-API in a child, one token at a time, so that it is known which one broke it. The child is made when it is needed
 * and goes when nobody has needed it for a while.
 *
 * The host's Kerberos configuration is not asked: a `clockskew` there would let messages live longer than our replay
 * protection remembers them. The library's own replay cache is off, because replicas do not share it: ours decides.
 */
export class Gss {
  private child: ChildProcess | undefined;
  private readonly waiting: Asked[] = [];
  private current: Asked | undefined;
  private timer: NodeJS.Timeout | undefined;
  private ids = 0;

  constructor(private readonly options: GssOptions) {}

  /** @throws Refusal upstream.untrusted, upstream.malformed, usersource.misconfigured, usersource.unreachable */
  async accept(token: string): Promise<Accepted> {
    const found = await this.ask(token);
    if (!('principal' in found)) throw new Error('a token was answered without a name');
    return found;
  }

  /** Whether there is a library, and a key for our name. @throws Refusal usersource.misconfigured */
  async ready(): Promise<void> {
    await this.ask(undefined);
  }

  private async ask(token: string | undefined): Promise<Exclude<Answer, { failed: string }>> {
    if (this.waiting.length >= MOST_WAITING) throw new Refusal('usersource.unreachable', 'too many tickets at once');
    const found = await new Promise<Answer | Refusal>((settle) => {
      this.waiting.push({ id: ++this.ids, token, settle });
      this.next();
    });
    if (found instanceof Refusal) throw found;
    if ('failed' in found) throw failure(found);
    return found;
  }

  private next(): void {
    if (this.current) return;
    clearTimeout(this.timer);
    this.current = this.waiting.shift();
    if (!this.current) {
      this.timer = setTimeout(() => this.child?.kill(), this.options.idleMs ?? IDLE_MS).unref();
      return;
    }
    const { id, token } = this.current;
    this.child ??= this.start();
    this.timer = setTimeout(() => this.child?.kill('SIGKILL'), this.options.timeoutMs ?? TIMEOUT_MS);
    this.child.send({ id, host: this.options.host, ...(token !== undefined && { token }) }, () => undefined);
  }

  private start(): ChildProcess {
    const file = fileURLToPath(
      new URL(`./gss-child.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url),
    );
    const child = fork(file, [this.options.library ?? 'kerberos'], {
      execArgv: [],
      // Nothing of our own environment: it has secrets that a broken library could give away.
      env: {
        KRB5_CONFIG: '/dev/null',
        KRB5_KTNAME: `FILE:${this.options.keytab}`,
        KRB5CCNAME: 'MEMORY:none',
        KRB5RCACHENAME: 'none:',
        KRB5RCACHETYPE: 'none',
      },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    child.unref();
    child.channel?.unref();
    child.on('message', (message) => {
      const said = answer.safeParse(message);
      if (said.success && said.data.id === this.current?.id) this.settle(said.data);
    });
    const gone = (how: string): void => {
      if (this.child !== child) return;
      this.child = undefined;
      this.settle(
        new Refusal('upstream.malformed', `the Negotiate token: the Kerberos library ended over it (${how})`),
      );
    };
    child.once('exit', (code, signal) => gone(signal ?? `exit code ${code ?? '?'}`));
    child.once('error', (error) => gone(error.message));
    return child;
  }

  private settle(found: Answer | Refusal): void {
    const asked = this.current;
    this.current = undefined;
    asked?.settle(found);
    this.next();
  }
}

function failure({ failed, at }: Extract<Answer, { failed: string }>): Refusal {
  switch (at) {
    case 'load':
      return new Refusal(
        'usersource.misconfigured',
        `the Kerberos library is not there, node bin/kerberos.mjs compiles it (${failed})`,
      );
    case 'start':
      return new Refusal('usersource.misconfigured', `no key for our own name in the keytab: ${failed}`);
    case 'step':
      return new Refusal('upstream.untrusted', `the ticket does not hold: ${failed}`);
  }
}
