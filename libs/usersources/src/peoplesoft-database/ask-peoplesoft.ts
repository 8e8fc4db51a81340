import { Refusal } from '@passbroker/model';
import { z } from 'zod';
import type { PeoplesoftDatabaseSettings } from './peoplesoft-database.settings.js';

const answerShape = z.object({ oprid: z.string().max(30), verified: z.boolean() });

type Service = Pick<PeoplesoftDatabaseSettings, 'serviceUrl' | 'serviceUser' | 'servicePassword'>;

export interface Question {
  /** What was typed: an OPRID (O) or a USERIDALIAS (U), as `VerifyOprPassword` takes it. */
  kind: 'O' | 'U';
  userId: string;
  password: string;
}

/**
 * Lets PeopleSoft check a password: a REST service of the site around `VerifyOprPassword`, whose PeopleCode is in
 * docs/usersources/peoplesoft-database.md. Answers the OPRID it found to be right, or undefined.
 *
 * @throws Refusal usersource.unreachable for anything but a clear answer: nobody is let in by a silence
 */
export async function askPeoplesoft(
  { serviceUrl = '', serviceUser = '', servicePassword = '' }: Service,
  question: Question,
  fetchIt: typeof fetch,
): Promise<string | undefined> {
  const response = await fetchIt(serviceUrl, {
    method: 'POST',
    redirect: 'manual',
    headers: {
      authorization: `Basic ${Buffer.from(`${serviceUser}:${servicePassword}`).toString('base64')}`,
      'content-type': 'application/json',
      accept: 'application/json',
    },
    body: JSON.stringify(question),
  });
  if (response.status === 401 || response.status === 403) {
    throw new Refusal('usersource.misconfigured', `the PeopleSoft service does not let us in: ${response.status}`);
  }
  const body: unknown = response.status === 200 ? await response.json().catch(() => undefined) : undefined;
  const answer = answerShape.safeParse(body);
  if (!answer.success) {
    throw new Refusal('usersource.unreachable', `the PeopleSoft service answers ${response.status}, and not as agreed`);
  }
  return answer.data.verified ? answer.data.oprid.trim() : undefined;
}
