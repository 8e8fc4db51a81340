import { fileURLToPath, pathToFileURL } from 'node:url';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { readMultipass } from '@passbroker/multipass';
import { Browser } from '../browser.js';
import { describeWith } from '../servers/describe-with.js';
import { startPhpHandler, startPythonHandler, type HandlerOptions, type LoginHandler } from './login-handlers.js';

const keys = { siteKey: 'acme', apiKey: '0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c' };
const callback = 'https://help.acme.test/customer/authentication/multipass/callback';
const zoe = { uid: '1002', email: 'zoe.mueller@acme.test', name: 'Zoë "Z" O’Müller 田中' };

/** Every example is held to the same promises, whatever it is written in. */
function promises(start: (options: HandlerOptions) => Promise<LoginHandler>, login: string): void {
  it('sends somebody who is signed in to the broker with a token that it accepts', async () => {
    const handler = await start({ ...keys, callback, user: zoe });
    const tokens: string[] = [];
    for (let visit = 0; visit < 2; visit += 1) {
      const { status, location, headers } = await new Browser(handler.url).get(handler.url);
      expect(status).toBe(302);
      expect(headers['referrer-policy']).toBe('no-referrer');
      expect(`${location?.origin}${location?.pathname}`).toBe(callback);
      tokens.push(location?.search.slice(1) ?? '');
    }
    const now = new Date();
    const login = readMultipass(tokens[0] ?? '', keys, now, { maxLifetimeSec: 310 });
    expect(login).toMatchObject({ ...zoe, dialect: 'desk' });
    expect(login.expires.getTime() - now.getTime()).toBeGreaterThan(280_000);
    // A random IV: two tokens never look alike.
    expect(tokens[0]).not.toBe(tokens[1]);
    await handler.stop();
  });

  it('sends everybody else to the login page of the site', async () => {
    const handler = await start({ ...keys, callback });
    const { location } = await new Browser(handler.url).get(handler.url);
    expect(location?.pathname).toBe(login);
    await handler.stop();
  });

  it('signs nobody in before it is configured', async () => {
    const handler = await start({ ...keys, apiKey: '', callback, user: zoe });
    expect((await new Browser(handler.url).get(handler.url)).status).toBe(500);
    await handler.stop();
  });
}

describeWith('php', 'the PHP login handler', () => promises(startPhpHandler, '/login.php'));

describeWith(['python', 'pycryptodome'], 'the Python login handler', () => promises(startPythonHandler, '/login'));

describe('the Node login handler', () => {
  type Handle = (req: IncomingMessage, res: ServerResponse, userOf: () => HandlerOptions['user']) => void;
  const isHandler = (module: unknown): module is { handle: Handle } =>
    typeof module === 'object' && module !== null && 'handle' in module;

  const load = async ({ siteKey, apiKey, callback: to }: HandlerOptions): Promise<Handle> => {
    Object.assign(process.env, { MULTIPASS_SITE_KEY: siteKey, MULTIPASS_API_KEY: apiKey, MULTIPASS_CALLBACK: to });
    const example = fileURLToPath(new URL('../../../../examples/login-handlers/node/multipass.mjs', import.meta.url));
    // A query makes it a new module, which reads the environment anew.
    const module: unknown = await import(`${pathToFileURL(example).href}?${Math.random()}`);
    if (!isHandler(module)) throw new Error('the example exports no handler');
    return module.handle;
  };

  promises(async (options) => {
    const handle = await load(options);
    const server = createServer((req, res) => {
      try {
        handle(req, res, () => options.user);
      } catch {
        res.writeHead(500).end();
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    const address = server.address();
    return {
      url: `http://localhost:${typeof address === 'object' && address ? address.port : 0}/multipass`,
      stop: () => new Promise((resolve) => void server.close(() => resolve())),
    };
  }, '/login');
});
