import type { Logger } from '@passbroker/platform';
import { demoSecrets } from './demo-secrets.js';
import { startHelpDesk } from './help-desk/help-desk.js';
import { startIntranet } from './intranet/intranet.js';
import type { Site } from './web/site.js';

export interface DemoOptions {
  /** Origin of the default brand. It may start later than the demo. */
  brokerOrigin: string;
  dataDir: string;
  log: Logger;
  host?: string;
  helpDeskPort?: number;
  intranetPort?: number;
}

export interface Demo {
  /** Origins; give them to `seedDemo`. */
  helpDesk: string;
  intranet: string;
  close(): Promise<void>;
}

export const DEMO_APPLICATION = 'helpdesk';

/** The two Acme sites, each on its usual port or, if that is taken, on any. */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const { brokerOrigin, dataDir, log, host = '127.0.0.1', helpDeskPort = 4_000, intranetPort = 4_001 } = options;
  const { siteKey, apiKey, clientSecret } = demoSecrets(dataDir);
  const helpDesk = await onPort(helpDeskPort, (port) =>
    startHelpDesk({ port, host, issuer: `${brokerOrigin}/oidc`, clientId: DEMO_APPLICATION, clientSecret, log }),
  );
  try {
    const intranet = await onPort(intranetPort, (port) =>
      startIntranet({ port, host, brokerOrigin, siteKey, apiKey, log }),
    );
    return {
      helpDesk: helpDesk.url,
      intranet: intranet.url,
      close: async () => void (await Promise.all([helpDesk.close(), intranet.close()])),
    };
  } catch (error) {
    await helpDesk.close();
    throw error;
  }
}

async function onPort(preferred: number, start: (port: number) => Promise<Site>): Promise<Site> {
  try {
    return await start(preferred);
  } catch (error) {
    if (!isTaken(error)) throw error;
    return start(0);
  }
}

const isTaken = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'EADDRINUSE';
