import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ServiceIdentity } from '@passbroker/platform';
import { SettingsDesk, type SettingsType } from './settings-desk.js';

const gateway = new ServiceIdentity('gateway', 'g'.repeat(32));
const desk = new SettingsDesk('gateway', async () => gateway.publicKeys);

const directory: SettingsType = {
  schema: z.strictObject({ host: z.string(), base: z.string().optional(), password: z.string().min(8) }),
  secrets: ['password'],
  sendsSecretsTo: ['host'],
};
const said = { host: 'ldaps://dc.acme.test', password: 'bind-password' };
const wanted = { host: 'ldaps://dc.acme.test' };

describe('settings with secrets', () => {
  it('ask for the secret again when it would be sent somewhere else', async () => {
    const { settings } = await desk.apply(directory, said, said);
    const elsewhere = { host: 'ldaps://evil.test' };
    await expect(desk.apply(directory, elsewhere, elsewhere, settings)).rejects.toMatchObject({
      code: 'request.invalid',
      more: { errors: [{ pointer: '/settings/password', code: 'secret_required' }] },
    });
    const both = { ...elsewhere, password: 'bind-password' };
    expect((await desk.apply(directory, both, both, settings)).changed).toEqual([
      '/settings/host',
      '/settings/password',
    ]);
  });

  it('are warned about by the clock, when they are written and when they are read', async () => {
    const ends: SettingsType = { ...directory, warnings: (_, now) => (now ? [`it is ${now.toISOString()}`] : []) };
    const early = new SettingsDesk(
      'gateway',
      async () => gateway.publicKeys,
      () => new Date('2026-06-01T00:00:00Z'),
    );
    const { settings, warnings } = await early.apply(ends, said, said);
    expect(warnings).toEqual(['it is 2026-06-01T00:00:00.000Z']);
    expect(early.warnings(ends, settings)).toEqual(warnings);
  });

  it('keep a secret while something else changes', async () => {
    const { settings } = await desk.apply(directory, said, said);
    const later = await desk.apply(directory, { ...wanted, base: 'dc=acme' }, { base: 'dc=acme' }, settings);
    expect(later.settings).toEqual({ ...wanted, base: 'dc=acme', password: settings['password'] });
    expect(later.changed).toEqual(['/settings/base']);
  });

  it('are not stored as long as nobody can be told them', async () => {
    const early = new SettingsDesk('minter', async () => undefined);
    await expect(early.apply(directory, said, said)).rejects.toMatchObject({ code: 'service.unavailable' });
  });

  it('show no sealed value, not even of a type that is unknown by now', async () => {
    const { settings } = await desk.apply(directory, said, said);
    expect(desk.shown(undefined, settings)).toEqual({ settings: wanted, secretsSet: ['password'] });
  });
});
