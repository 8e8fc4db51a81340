import { ServiceIdentity } from '@passbroker/platform';
import { Client } from 'pg';
import type { Broker } from './broker.js';
import { serviceSecretOf } from './processes.js';

/** The private half: as bytes, and as it stands in a JWK. */
export interface TokenKey {
  kid: string;
  raw: Buffer;
  text: string;
}

/** As the minter opens them: only its secret does. */
export async function openTokenKeys(broker: Broker): Promise<TokenKey[]> {
  const owner = new Client({ connectionString: broker.databaseUrl });
  await owner.connect();
  const { rows } = await owner.query<{ kid: string; alg: string; sealed: string }>(
    `select kid, alg, sealed from keys.token_key where alg = 'ES256'`,
  );
  await owner.end();
  const minter = new ServiceIdentity('minter', serviceSecretOf('minter'));
  return Promise.all(
    rows.map(async ({ kid, sealed }) => {
      const jwk = JSON.parse(await minter.open(sealed)) as { d: string };
      return { kid, raw: Buffer.from(jwk.d, 'base64url'), text: jwk.d };
    }),
  );
}
