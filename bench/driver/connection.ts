import { Agent, request, type IncomingHttpHeaders } from 'node:http';

export interface Door {
  host: string;
  port: number;
}

export interface Asked {
  method?: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string;
}

export interface Answered {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** One request to the door that serves this path of the origin; nothing is followed, nothing is kept. */
export function ask(door: Door, url: URL, { method = 'GET', headers = {}, body }: Asked = {}): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        agent,
        host: door.host,
        port: door.port,
        method,
        path: url.pathname + url.search,
        headers: { host: url.host, ...headers, ...(body === undefined ? {} : { 'content-length': body.length }) },
        timeout: 20_000,
      },
      (answer) => {
        answer.setEncoding('utf8');
        let text = '';
        answer.on('data', (piece: string) => (text += piece));
        answer.on('error', reject);
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }));
      },
    );
    sent.on('timeout', () => sent.destroy(new Error(`no answer from ${url.pathname} within 20 s`)));
    sent.on('error', reject);
    sent.end(body);
  });
}

export function closeConnections(): void {
  agent.destroy();
}
