import { z } from 'zod';
import type { CatalogWriter, TokenKeyInfo } from '@passbroker/catalog';
import type { Questions } from '@passbroker/bus';
import { ok, type Answer } from '../http/answer.js';
import type { Ask } from '../http/ask.js';
import { invalid, parseBody, parseQuery } from '../http/complaints.js';
import { dryRunQuery, isDryRun } from '../http/dry-run.js';
import { BrandNames } from '../records/brand-names.js';
import { brandName } from '../records/members.js';
import type { WriteLog } from '../records/write-log.js';

const alg = z.enum(['ES256', 'RS256']);

export const keyView = z
  .object({
    kid: z.string(),
    brand: z.string().describe('Slug'),
    alg,
    state: z.enum(['next', 'current', 'retired']),
    publicJwk: z.record(z.string(), z.unknown()).describe('As published in the JWKS'),
    createdAt: z.iso.datetime(),
    activatedAt: z.iso.datetime().nullable(),
    retiredAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Key' });

export const keyFilters = z.strictObject({ brand: brandName.optional() });
export const rotation = z.strictObject({ brand: brandName, alg: alg.default('ES256') }).meta({ id: 'KeyRotation' });
export const rotationQuery = z.strictObject({ ...dryRunQuery });

/** Token-signing keys, seen from outside: the minter makes and keeps them, and is asked to rotate. */
export class KeysDesk {
  readonly #brands: BrandNames;

  constructor(
    private readonly writer: Pick<CatalogWriter, 'keys' | 'brands'>,
    private readonly questions: Pick<Questions, 'ask'>,
    private readonly log: WriteLog,
  ) {
    this.#brands = new BrandNames(writer.brands);
  }

  async list(ask: Ask): Promise<Answer> {
    const { brand } = parseQuery(keyFilters, ask.query);
    return this.#shown(brand);
  }

  async rotate(ask: Ask): Promise<Answer> {
    parseQuery(rotationQuery, ask.query);
    const wish = parseBody(rotation, ask.body);
    const brand = await this.#brands.named(wish.brand);
    if (!brand) throw invalid({ pointer: '/brand', code: 'unknown_reference', message: 'there is no such brand' });
    if (!isDryRun(ask)) {
      await this.questions.ask('minter', 'keys.rotate', { brand: brand.id, alg: wish.alg });
      // The minter tells what it did; this tells who asked.
      this.log.done(ask, 'key.rotation_asked', { type: 'brand', id: brand.id, brand: brand.id }, [wish.alg]);
    }
    const answer = await this.#shown(brand.id);
    return isDryRun(ask) ? { ...answer, headers: { 'dry-run': 'true' } } : answer;
  }

  /** A brand has a handful of keys: they are one page. */
  async #shown(brand: string | undefined): Promise<Answer> {
    const keys = await this.writer.keys(brand);
    return ok({
      data: await Promise.all(keys.map((key) => this.#view(key))),
      page: { next: null, previous: null },
    });
  }

  async #view(key: TokenKeyInfo): Promise<z.infer<typeof keyView>> {
    return {
      kid: key.kid,
      brand: await this.#brands.slugOf(key.brand),
      alg: key.alg,
      state: key.state,
      publicJwk: key.publicJwk,
      createdAt: key.createdAt.toISOString(),
      activatedAt: key.activatedAt?.toISOString() ?? null,
      retiredAt: key.retiredAt?.toISOString() ?? null,
    };
  }
}
