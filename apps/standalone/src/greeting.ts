import { join } from 'node:path';
import { demoPeople, MEMBERS, OPERATORS, type Demo, type DemoUpstreams } from './demo/index.js';
import type { StandaloneConfig } from './standalone.config.js';

/** The ready line, then what to open. Secrets are named by their file, and shown only when they were just made. */
export function greetingOf(parts: {
  config: StandaloneConfig;
  adminPort: number;
  demo: (Pick<Demo, 'helpDesk' | 'intranet'> & Omit<Partial<DemoUpstreams>, 'close'>) | undefined;
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
    ...(demo ? signIns(`${config.PUBLIC_URL}/agent/`, demo) : []),
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

/** The names of both go into the one form: whoever knows the name is asked for the password. */
function signIns(page: string, { peoplesoft, directory }: Omit<Partial<DemoUpstreams>, 'close'>): [string, string][] {
  const [operator] = OPERATORS;
  const [member] = MEMBERS;
  return [
    ...(peoplesoft && operator
      ? ([['PeopleSoft', `${page}   ${operator.oprid} / ${operator.hint}`]] satisfies [string, string][])
      : []),
    ...(directory && member
      ? ([['Acme directory', `${page}   ${member.uid} / ${member.hint}`]] satisfies [string, string][])
      : []),
  ];
}
