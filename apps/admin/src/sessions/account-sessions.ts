import type { Questions } from '@passbroker/bus';
import type { Logger } from '@passbroker/platform';

const ANSWER_MS = 3_000;

/** What a change of an account means for where it is signed in. */
export class AccountSessions {
  constructor(
    private readonly questions: Pick<Questions, 'ask'>,
    private readonly log: Logger,
  ) {}

  /**
   * After an account was disabled or got a new password: all that was given out is over. Disabling bites without it,
   * and is not undone because no gateway answers; before the account comes back, `mustEnd` is asked.
   */
  async end(account: string): Promise<void> {
    await this.mustEnd(account).catch((error: unknown) => {
      const err = error instanceof Error ? error.message : String(error);
      this.log.warn({ account, err }, 'the sessions of an account were not ended: no gateway answers');
    });
  }

  /**
   * Before a disabled account is enabled again: what it had before must not rise with it.
   * @throws Refusal bus.no_answer, and the account stays disabled
   */
  async mustEnd(account: string): Promise<void> {
    await this.questions.ask('gateway', 'sessions.end_all', { account }, ANSWER_MS);
  }
}
