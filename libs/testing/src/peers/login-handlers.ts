import { fileURLToPath } from 'node:url';
import { requireServer } from '../servers/find-server.js';
import { freePort } from './free-port.js';
import { startPeer } from './peer-process.js';

export interface HandlerOptions {
  siteKey: string;
  apiKey: string;
  /** The broker's callback address. */
  callback: string;
  /** Who is signed in at the customer's site; nobody when absent. */
  user?: { uid: string; email: string; name: string };
  port?: number;
}

export interface LoginHandler {
  /** What a usersource calls its remoteLoginUrl. */
  url: string;
  stop(): Promise<void>;
}

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const example = (path: string): string => file(`../../../../examples/login-handlers/${path}`);

/** The same three lines for every language; the user is the site's own business, which the peer's wrapper plays. */
const environment = ({ siteKey, apiKey, callback, user }: HandlerOptions): Record<string, string> => ({
  MULTIPASS_SITE_KEY: siteKey,
  MULTIPASS_API_KEY: apiKey,
  MULTIPASS_CALLBACK: callback,
  PEER_USER: JSON.stringify(user ?? null),
});

/** `examples/login-handlers/php` as it is, run by PHP's own server. @throws when PHP is not installed. */
export async function startPhpHandler(options: HandlerOptions): Promise<LoginHandler> {
  const port = options.port ?? (await freePort());
  const peer = await startPeer({
    name: 'the PHP login handler',
    command: requireServer('php'),
    args: ['-d', 'display_errors=0', '-S', `127.0.0.1:${port}`, file('./php/signed-in.php')],
    env: { ...environment(options), PEER_HANDLER: example('php/multipass.php') },
    port,
  });
  return { url: `http://localhost:${port}/multipass.php`, stop: () => peer.stop() };
}

/** `examples/login-handlers/python` as it is, behind wsgiref. @throws when Python or pycryptodome is not installed. */
export async function startPythonHandler(options: HandlerOptions): Promise<LoginHandler> {
  requireServer('pycryptodome');
  const port = options.port ?? (await freePort());
  const peer = await startPeer({
    name: 'the Python login handler',
    command: requireServer('python'),
    args: ['-B', file('./python/signed_in.py')],
    env: { ...environment(options), PYTHONPATH: example('python'), PEER_PORT: String(port) },
    port,
  });
  return { url: `http://localhost:${port}/multipass`, stop: () => peer.stop() };
}
