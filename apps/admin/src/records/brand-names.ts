import type { Collection, NewBrand, Stored } from '@passbroker/catalog';
import type { Brand } from '@passbroker/model';

const MOST = 1_000;

/** Records keep a brand's id, the API says its slug. Neither ever changes, so what was once read stays true. */
export class BrandNames {
  readonly #slugs = new Map<string, string>();

  constructor(private readonly brands: Collection<Brand, NewBrand>) {}

  async slugOf(id: string): Promise<string> {
    const known = this.#slugs.get(id);
    if (known !== undefined) return known;
    const slug = (await this.brands.get(id))?.slug ?? id;
    if (this.#slugs.size >= MOST) this.#slugs.clear();
    this.#slugs.set(id, slug);
    return slug;
  }

  /** By slug or id. */
  named(name: string): Promise<Stored<Brand> | undefined> {
    return this.brands.get(name);
  }
}
