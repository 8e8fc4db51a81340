import { createServer } from 'node:http';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { listen } from './front.js';

export interface Management {
  port: number;
  close(): Promise<void>;
}

/** One registry per process: what each service counts goes in here. */
export function createMetrics(service: string): Registry {
  const metrics = new Registry();
  metrics.setDefaultLabels({ service });
  collectDefaultMetrics({ register: metrics });
  return metrics;
}

/**
 * Liveness is the event loop and nothing else: a dead Redis must not make Kubernetes kill every pod.
 * Readiness is whether a sign-in could be served now. On its own port, so that no edge ever publishes it.
 */
export async function startManagement(options: {
  port: number;
  host: string;
  metrics: Registry;
  /** `ok`, or what is wrong, by name. */
  ready(): Promise<Record<string, string>>;
}): Promise<Management> {
  const { metrics } = options;
  const server = createServer((req, res) => {
    const answer = (status: number, body: string, type = 'application/json'): void => {
      res.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
      res.end(body);
    };
    switch (req.url?.split('?', 1)[0]) {
      case '/health/live':
        return answer(200, '{"status":"ok"}');
      case '/health/ready':
        return void options.ready().then(
          (checks) => {
            const ok = Object.values(checks).every((state) => state === 'ok');
            answer(ok ? 200 : 503, JSON.stringify({ status: ok ? 'ok' : 'unavailable', checks }));
          },
          () => answer(503, '{"status":"unavailable"}'),
        );
      case '/metrics':
        return void metrics.metrics().then(
          (text) => answer(200, text, metrics.contentType),
          () => answer(500, '{}'),
        );
      default:
        return answer(404, '{"status":"not found"}');
    }
  });
  const port = await listen(server, options.port, options.host);
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
