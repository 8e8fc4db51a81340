/**
 * B0: bare oidc-provider on node:http, in a process of its own. Its sign-in page is replaced by the shortest thing
 * that can stand there: whoever comes is signed in and has consented.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import { Redis } from 'ioredis';
import Provider from 'oidc-provider';

import { ExampleAdapter } from '#bench/baseline/adapter';
import { configuration, type BaselineSettings } from '#bench/baseline/settings';

async function start(settings: BaselineSettings): Promise<void> {
  const redis = new Redis(settings.redisUrl, { retryStrategy: () => null });
  const provider = new Provider(`http://127.0.0.1:${settings.port}`, {
    ...configuration(settings),
    adapter: (model: string) => new ExampleAdapter(redis, model),
  });
  const answer = provider.callback();

  const admit = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const { params } = await provider.interactionDetails(req, res);
    const accountId = 'acc_baselinebaselineba';
    const grant = new provider.Grant({ accountId, clientId: String(params['client_id']) });
    grant.addOIDCScope(String(params['scope']));
    const grantId = await grant.save();
    await provider.interactionFinished(req, res, { login: { accountId, amr: ['pwd'] }, consent: { grantId } });
  };

  const server = createServer((req, res) => {
    if (!req.url?.startsWith('/interaction/')) return void answer(req, res);
    admit(req, res).catch((error: unknown) => {
      console.error(error);
      res.writeHead(500).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(settings.port, '127.0.0.1', resolve));
  process.send?.('ready');
}

process.once('message', (settings) => void start(settings as BaselineSettings));
process.once('disconnect', () => process.exit());
