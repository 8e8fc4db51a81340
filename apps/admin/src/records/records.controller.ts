import { Asked, type Ask } from '../http/ask.js';
import type { crud } from '../openapi/crud.js';
import { Operation } from '../openapi/operation.js';
import type { Records } from './records.js';

type Papers = ReturnType<typeof crud>;

/** The doors of one kind of record; a kind adds those of its own. */
export function recordsController(papers: Omit<Papers, 'replace'>) {
  abstract class RecordsController {
    protected abstract readonly records: Records;

    @Operation(papers.list)
    list(@Asked() ask: Ask) {
      return this.records.list(ask);
    }

    @Operation(papers.create)
    create(@Asked() ask: Ask) {
      return this.records.create(ask);
    }

    @Operation(papers.get)
    get(@Asked() ask: Ask) {
      return this.records.get(ask);
    }

    @Operation(papers.patch)
    patch(@Asked() ask: Ask) {
      return this.records.patch(ask);
    }

    @Operation(papers.remove)
    remove(@Asked() ask: Ask) {
      return this.records.remove(ask);
    }
  }
  return RecordsController;
}

/** The same for a kind with slugs, which can be declared whole: PUT makes it so. */
export function declaredRecordsController(papers: Papers) {
  abstract class DeclaredRecordsController extends recordsController(papers) {
    @Operation(papers.replace)
    replace(@Asked() ask: Ask) {
      return this.records.replace(ask);
    }
  }
  return DeclaredRecordsController;
}
