import { createServer } from 'node:http';
import { writeMultipass } from '@passbroker/multipass';
import { listen } from '@passbroker/platform';

export interface Somebody {
  uid: string;
  email: string;
  name: string;
}

/**
 * A company's web site that signs people in by Multipass. Who is signed in there, and whether its script is in order,
 * is set by the test; what it was asked is counted.
 */
export interface Company {
  origin: string;
  keys: { siteKey: string; apiKey: string };
  person: Somebody | undefined;
  broken: boolean;
  /** Queries that people were sent with, oldest first. */
  asked: string[];
  close(): Promise<void>;
}

export async function startCompany(name: string): Promise<Company> {
  const keys = { siteKey: name, apiKey: `${name}-api-key-0123456789abcdef0123456789` };
  const company: Company = { origin: '', keys, person: undefined, broken: false, asked: [], close };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://company.test');
    if (url.pathname !== '/login')
      return void response.writeHead(200, { 'content-type': 'text/plain' }).end('nothing here');
    company.asked.push(url.search.replace(/^\?back=[^&]*&?/, ''));
    const back = url.searchParams.get('back') ?? '';
    const to = (query: string) => void response.writeHead(302, { location: `${back}?${query}` }).end();
    if (company.broken) return to('multipass=eA%3D%3D&signature=eQ%3D%3D');
    if (company.person) return to(writeMultipass('desk', company.person, keys, new Date()));
    if (url.searchParams.get('passive') === '1') return to('passive=1');
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end('<!doctype html><html lang="en"><title>Company</title><h1>Company sign-in</h1></html>');
  });
  const port = await listen(server, 0, '127.0.0.1');
  company.origin = `http://localhost:${port}`;
  return company;

  async function close(): Promise<void> {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** The settings of the usersource that leads there; the script is told where to send people back to. */
export const settingsOf = (company: Company, callback: string) => ({
  ...company.keys,
  remoteLoginUrl: `${company.origin}/login?back=${encodeURIComponent(callback)}`,
});
