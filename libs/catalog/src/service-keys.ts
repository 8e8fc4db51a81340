import type { DataSource } from 'typeorm';
import type { ServicePublicKeys } from '@passbroker/platform';
import { Writes, type Announce } from './change-log.js';
import { serviceKeyRow } from './records.js';

/**
 * Publishes a service's own public keys, by its own role: the database lets no service write another's row.
 * Says so only when they are not what was there.
 */
export async function publishServiceKeys(
  dataSource: DataSource,
  publicKeys: ServicePublicKeys,
  announce: Announce = () => undefined,
): Promise<void> {
  const keys = serviceKeyRow.parse(publicKeys);
  await new Writes(dataSource, announce).run(async (sql, changed) => {
    const { count } = await sql(
      `insert into catalog.service_key as k (service, signing, sealing) values ($1, $2, $3)
       on conflict (service) do update set signing = excluded.signing, sealing = excluded.sealing, at = now()
         where (k.signing, k.sealing) is distinct from (excluded.signing, excluded.sealing)`,
      [keys.service, JSON.stringify(keys.signing), JSON.stringify(keys.sealing)],
    );
    if (count > 0) await changed('service_key', keys.service);
  });
}
