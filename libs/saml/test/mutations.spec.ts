import { readResponse, type SamlIdentity } from '../src/index.js';
import { expected, idp, read } from './expected.js';
import { assertionSigned, responseSigned, signed } from './messages.js';
import { mutate, seeded } from './mutations.js';
import { stallOf } from './stopwatch.js';

const COUNT = 24_000;
const LONGEST_MS = 100;

/** All that an application may learn; how the message was signed may differ. */
const told = ({ nameId, attributes, authenticatedAt, sessionIndex, context }: SamlIdentity): string =>
  JSON.stringify({ nameId, attributes, authenticatedAt, sessionIndex, context });

const originals = [assertionSigned(idp), responseSigned(idp), signed(assertionSigned(idp), '_response', idp)];

describe(`${COUNT} mutations of valid responses`, () => {
  it('never change who is read, never crash and never stall', () => {
    const random = seeded(20_300_101);
    const truth = told(read(originals[0] ?? ''));
    const wrong: string[] = [];
    const crashes: string[] = [];
    const tally = { accepted: 0, refused: 0, slowest: 0 };
    const now = expected();
    for (let i = 0; i < COUNT; i++) {
      const xml = mutate(originals[i % originals.length] ?? '', random);
      const bytes = Buffer.from(xml);
      const judge = (): void => {
        try {
          if (told(readResponse(bytes, now)) !== truth) wrong.push(xml);
          tally.accepted++;
        } catch (error) {
          if (!(error instanceof Error && error.name === 'Refusal')) crashes.push(`${String(error)}\n${xml}`);
          tally.refused++;
        }
      };
      tally.slowest = Math.max(tally.slowest, stallOf(judge, LONGEST_MS));
    }
    expect(wrong).toEqual([]);
    expect(crashes).toEqual([]);
    // Harmless ones are accepted: a reader that refused everything would pass otherwise.
    expect(tally.accepted).toBeGreaterThan(COUNT / 1000);
    expect(tally.refused).toBeGreaterThan(COUNT / 2);
    expect(tally.slowest).toBeLessThan(LONGEST_MS);
  }, 120_000);
});
