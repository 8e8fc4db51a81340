import { join } from 'node:path';
import { demoPeople, type Demo } from './demo/index.js';
import type { StandaloneConfig } from './standalone.config.js';

/** The ready line, then what to open. Secrets are named by their file, and shown only when they were just made. */
export function greetingOf(parts: {
  config: StandaloneConfig;
  adminPort: number;
  demo: Demo | undefined;
  /** What this start generated in DATA_DIR: shown this once. */
  generated: { file: string; value: string }[];
}): string {
  const { config, adminPort, demo, generated } = parts;
  const admin = `http://localhost:${adminPort}`;
  const [person] = demoPeople;
  const rows: [string, string][] = [
    ...(demo
      ? ([
          ['Acme help desk', `${demo.helpDesk}   sign in as ${person?.username} / ${person?.password}`],
          ['Acme intranet', demo.intranet],
        ] satisfies [string, string][])
      : []),
    [
      'Agents',
      `${config.PUBLIC_URL}/agent/   admin@example.com, password in ${join(config.DATA_DIR, 'admin-password')}`,
    ],
    ['Admin API', `${admin}/docs   token in ${join(config.DATA_DIR, 'admin-token')}`],
  ];
  return [
    `passbroker ready: ${config.PUBLIC_URL}`,
    '',
    ...rows.map(([name, value]) => `  ${name.padEnd(16)}${value}`),
    ...(generated.length > 0
      ? ['', '  Generated at this first start, shown once, kept in DATA_DIR for you alone:']
      : []),
    ...generated.map(({ file, value }) => `  ${file.padEnd(16)}${value}`),
    '',
    '',
  ].join('\n');
}
