import { spawnSync } from 'node:child_process';
import { pathForLog } from './log.js';

describe('an address in the log', () => {
  it('has no query, and no part that may be a secret', () => {
    expect(pathForLog('/agent/tickets/12?token=x')).toBe('/agent/tickets/12');
    expect(pathForLog(`/oidc/auth/${'t'.repeat(43)}`)).toBe('/oidc/auth/…');
    expect(pathForLog(`//continue/${'t'.repeat(27)}/x`)).toBe('//continue/…/x');
    expect(pathForLog('/.well-known/openid-configuration')).toBe('/.well-known/openid-configuration');
  });

  it('is short', () => {
    expect(pathForLog('/a'.repeat(5_000))).toHaveLength(200);
  });
});

describe('lines of the log', () => {
  const written = (code: string): { stdout: string; status: number | null } => {
    const source = `
      import { createLogger } from ${JSON.stringify(new URL('./log.js', import.meta.url).href.replace(/\.js$/, '.ts'))};
      const log = createLogger('spec', 'info');
      ${code}`;
    const { stdout, status } = spawnSync(process.execPath, [
      '--disable-warning=ExperimentalWarning',
      '--input-type=module',
      '-e',
      source,
    ]);
    return { stdout: String(stdout), status };
  };

  it('are all written when the process ends by itself, by a decision or by a bug', () => {
    for (const end of [
      '',
      'process.exit(3);',
      "throw new Error('a bug');",
      "process.on('SIGTERM', () => process.exit(0)); process.kill(process.pid, 'SIGTERM');",
    ]) {
      const { stdout } = written(`for (let line = 0; line < 20; line += 1) log.info({ line }, 'here'); ${end}`);
      expect([end, stdout.trim().split('\n').length]).toEqual([end, 20]);
    }
  });

  it('are written within a moment while the process goes on', () => {
    const { stdout } = written("log.info('here'); setTimeout(() => process.kill(process.pid, 'SIGKILL'), 600);");
    expect(stdout).toContain('"msg":"here"');
  });
});
