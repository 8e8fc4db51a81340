import { makePair } from '../../../saml/test/certificate.js';
import { trustedKey } from '../../../saml/src/index.js';
import { NOW } from '../../../saml/test/messages.js';
import type { KeysChanged } from '../usersource.js';
import { ASK, world, walk } from '../../test/saml-world.js';
import { memoryOf } from '../../test/tools.js';

describe('the metadata of upstream, by address', () => {
  const URL_OF = { metadataUrl: 'https://idp.acme.test/metadata' };
  const minutes = (count: number): Date => new Date(NOW.getTime() + count * 60_000);

  it('is fetched once, and kept while upstream does not answer', async () => {
    const there = world(URL_OF);
    await walk(there);
    there.idp.metadataStatus = 503;
    there.clock.now = minutes(240);
    await expect(walk(there)).resolves.toMatchObject({ subject: 'alice' });
    await expect(walk({ idp: there.idp, usersource: there.open() })).resolves.toMatchObject({ subject: 'alice' });
    expect(there.idp.metadataFetches).toBe(2);
  });

  it('says that upstream cannot be reached when there never was any', async () => {
    const there = world(URL_OF);
    there.idp.metadataStatus = 503;
    await expect(there.usersource.begin('t', ASK)).rejects.toMatchObject({ code: 'usersource.unreachable' });
    expect(await there.usersource.probe()).toMatchObject({ state: 'down' });
  });

  it('heals a key that was changed and not announced, by one fetch a minute', async () => {
    const there = world(URL_OF);
    await walk(there);
    there.idp.rollOver(true);
    await expect(walk(there)).resolves.toMatchObject({ subject: 'alice' });
    expect(there.idp.metadataFetches).toBe(2);
  });

  it('asks at most once a minute, however many forged messages come, on all replicas', async () => {
    const there = world(URL_OF);
    await walk(there);
    const stranger = makePair();
    const other = { idp: there.idp, usersource: there.open() };
    for (let i = 0; i < 5; i++) {
      await expect(walk(there, { pair: stranger })).rejects.toMatchObject({ code: 'upstream.untrusted' });
      await expect(walk(other, { pair: stranger })).rejects.toMatchObject({ code: 'upstream.untrusted' });
    }
    expect(there.idp.metadataFetches).toBe(2);
  });

  it('takes either certificate while both are announced, and the old one no more afterwards', async () => {
    const there = world(URL_OF, { memory: { ...memoryOf(new Map()), oncePer: async () => true } });
    const old = there.idp.pair;
    there.idp.rollOver(true);
    there.idp.announced = [there.idp.pair, old];
    await expect(walk(there, { pair: old })).resolves.toMatchObject({ subject: 'alice' });
    await expect(walk(there)).resolves.toMatchObject({ subject: 'alice' });
    there.idp.announced = [there.idp.pair];
    there.clock.now = minutes(90);
    await walk(there);
    await expect(walk(there, { pair: old })).rejects.toMatchObject({ code: 'upstream.untrusted' });
  });

  it('tells once of keys that are new or gone, by whichever replica noticed', async () => {
    const told: KeysChanged[] = [];
    const memory = { ...memoryOf(new Map()), oncePer: async () => true };
    const there = world(URL_OF, { memory, keysChanged: (change) => void told.push(change) });
    const other = { idp: there.idp, usersource: there.open() };
    const old = trustedKey(there.idp.pair.certificate).fingerprint;
    await walk(there);
    await walk(other);
    there.idp.rollOver(true);
    await walk(there);
    await walk(other);
    await there.usersource.probe();
    expect(told).toEqual([{ added: [trustedKey(there.idp.pair.certificate).fingerprint], removed: [old] }]);
  });

  it('refuses what has expired and keeps the last good one', async () => {
    const there = world(URL_OF);
    await walk(there);
    const { metadata } = there.idp;
    there.idp.metadata = () => metadata.call(there.idp, ` validUntil="${minutes(1).toISOString()}"`);
    there.clock.now = minutes(120);
    await expect(walk(there)).resolves.toMatchObject({ subject: 'alice' });
    expect(await there.usersource.probe()).toMatchObject({
      state: 'down',
      steps: [{ detail: expect.stringContaining('ended') }],
    });
  });

  it('holds a new key for the admin where certificates are pinned', async () => {
    const there = world();
    const pinned = world({ ...URL_OF, idpCertificates: [there.idp.pair.certificate] });
    pinned.idp.pair = there.idp.pair;
    pinned.idp.announced = [there.idp.pair, makePair()];
    await expect(walk(pinned)).resolves.toMatchObject({ subject: 'alice' });
    const second = pinned.idp.announced[1];
    await expect(walk(pinned, { ...(second && { pair: second }) })).rejects.toMatchObject({
      code: 'upstream.untrusted',
    });
    expect(await pinned.usersource.probe()).toMatchObject({
      steps: expect.arrayContaining([expect.objectContaining({ step: 'signing keys', ok: false })]),
    });
  });
});
