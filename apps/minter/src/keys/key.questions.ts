import { z } from 'zod';
import type { QuestionHandlers } from '@passbroker/bus';
import { Refusal } from '@passbroker/model';
import type { MinterWorld } from '../parts.js';
import type { KeyRotation } from './rotation.js';

const rotateShape = z.strictObject({ brand: z.string().min(1), alg: z.enum(['ES256', 'RS256']).optional() });

/** What the admin may ask over the bus: `keys.rotate { brand, alg? }` → `{ rotated: [{ alg, current, retired }] }`. */
export const keyQuestions = (
  rotation: KeyRotation,
  parts: Pick<MinterWorld, 'audit' | 'catalog'>,
): QuestionHandlers => ({
  'keys.rotate': async (body) => {
    const question = rotateShape.safeParse(body);
    if (!question.success) throw new Refusal('request.malformed', 'which brand, and which algorithm?');
    const { brand, alg } = question.data;
    const known = await parts.catalog.brand(brand);
    if (!known) throw new Refusal('brand.unknown', 'keys belong to a brand');
    const rotated = await rotation.rotate(brand, alg === undefined ? undefined : [alg]);
    parts.audit.record({
      action: 'key.rotated',
      outcome: { result: 'ok', code: 'ok' },
      actor: { type: 'system' },
      targets: rotated.map((key) => ({ type: 'key', id: key.current })),
      context: { service: 'minter', brand: known.slug },
    });
    return { rotated };
  },
});
