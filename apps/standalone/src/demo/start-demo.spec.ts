import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@passbroker/platform';
import { startDemo } from './start-demo.js';

describe('starting the demo', () => {
  it('takes another port where its own is taken, and gives both back', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'passbroker-demo-'));
    const secrets = { siteKey: 'acme', apiKey: 'a'.repeat(40), clientSecret: 'b'.repeat(43) };
    writeFileSync(join(dataDir, 'demo.json'), JSON.stringify(secrets));
    const squatter = createServer();
    const taken = await new Promise<number>((resolve) =>
      squatter.listen(0, '127.0.0.1', () => {
        const address = squatter.address();
        resolve(typeof address === 'object' && address ? address.port : 0);
      }),
    );
    const demo = await startDemo({
      brokerOrigin: 'http://localhost:3000',
      dataDir,
      log: createLogger('demo', 'silent'),
      helpDeskPort: taken,
      intranetPort: 0,
    });
    expect(new URL(demo.helpDesk).port).not.toBe(String(taken));
    expect(await (await fetch(demo.helpDesk)).text()).toContain('Acme help desk');
    expect(await (await fetch(demo.intranet)).text()).toContain('Acme intranet');
    await demo.close();
    await expect(fetch(demo.helpDesk)).rejects.toThrow();
    await new Promise((resolve) => squatter.close(resolve));
    rmSync(dataDir, { recursive: true });
  });
});
