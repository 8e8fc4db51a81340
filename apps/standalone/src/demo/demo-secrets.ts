import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { keptSecret, randomSecret } from '@passbroker/platform';

const schema = z.object({ siteKey: z.string(), apiKey: z.string(), clientSecret: z.string() });

/** What the demo sites and the broker have in common; made once, kept in DATA_DIR/demo.json (0600). */
export type DemoSecrets = z.infer<typeof schema>;

export function demoSecrets(dataDir: string): DemoSecrets {
  const make = () =>
    JSON.stringify({
      siteKey: 'acme',
      // As Desk issued them: 40 hexadecimal digits, used as text.
      apiKey: randomBytes(20).toString('hex'),
      clientSecret: randomSecret(),
    });
  return schema.parse(JSON.parse(keptSecret(dataDir, 'demo.json', make).value));
}

/** By which the broker asks a demo upstream: one each, so that either can be thrown away alone. */
export const upstreamPassword = (dataDir: string, upstream: 'peoplesoft' | 'directory'): string =>
  keptSecret(dataDir, `demo-${upstream}-password`, randomSecret).value;
