import { startNameServer, type NameServer } from '@passbroker/testing';
import { txtRecords } from './txt-records.js';

let server: NameServer;
beforeAll(async () => {
  server = await startNameServer();
});
afterAll(() => server.close());

describe('the TXT records of a name', () => {
  it('are all there are, each whole', async () => {
    const long = 'x'.repeat(300);
    server.texts.set('_passbroker.acme.com', ['passbroker-domain=1', long]);
    expect((await txtRecords([server.address])('_passbroker.acme.com')).sort()).toEqual(
      ['passbroker-domain=1', long].sort(),
    );
  });

  it('are none where there is no such name, or a name with other records', async () => {
    server.texts.set('_passbroker.empty.com', []);
    for (const name of ['_passbroker.nobody.com', '_passbroker.empty.com']) {
      expect(await txtRecords([server.address])(name)).toEqual([]);
    }
  });

  it('are not known to be none when nobody answers', async () => {
    server.mute = true;
    await expect(txtRecords([server.address], 200)('_passbroker.acme.com')).rejects.toThrow(/ETIMEOUT/);
  }, 10_000);
});
