import { deflateRawSync } from 'node:zlib';
import { expected, idp, stranger } from '../../test/expected.js';
import { makePair } from '../../test/certificate.js';
import { signerFrom } from '../signature/sign.js';
import { trustedKey } from '../signature/trusted-key.js';
import { receivePost, receiveRedirect, redirectTo, verifyBeside } from './redirect.js';

const { trust } = expected();
const LOCATION = new URL('https://idp.acme.test/slo?tenant=a%20b');
const signer = signerFrom(idp.privateKey, idp.certificate);
const query = async (relayState?: string) =>
  (
    await redirectTo(LOCATION, 'SAMLRequest', '<x/>', { signer, ...(relayState !== undefined && { relayState }) })
  ).search.slice(1);

describe('the redirect binding', () => {
  it('carries a message there and back, signed beside it', async () => {
    const received = receiveRedirect(await query('a b+c/='));
    expect(received).toMatchObject({ kind: 'SAMLRequest', relayState: 'a b+c/=' });
    expect(received.bytes.toString()).toBe('<x/>');
    expect(() => verifyBeside(received.beside, trust)).not.toThrow();
  });

  it("keeps the address's own query as it was", async () => {
    expect(await query()).toMatch(/^tenant=a%20b&SAMLRequest=/);
  });

  it('checks the very escapes that were sent, for AD FS writes small letters', async () => {
    const text = `SAMLRequest=${encodeURIComponent(deflateRawSync('<x/>').toString('base64'))}&RelayState=x%2fy&SigAlg=${encodeURIComponent(signer.algorithm).toLowerCase()}`;
    const value = await signer.sign(Buffer.from(text));
    const received = receiveRedirect(`${text}&Signature=${encodeURIComponent(value.toString('base64'))}`);
    expect(() => verifyBeside(received.beside, trust)).not.toThrow();
  });

  it('verifies the bare numbers of ECDSA', async () => {
    const pair = makePair({ type: 'ec' });
    const to = await redirectTo(LOCATION, 'SAMLRequest', '<x/>', { signer: signerFrom(pair.privateKey) });
    const keys = { keys: [trustedKey(pair.certificate)], allowSha1: false };
    const { beside } = receiveRedirect(to.search.slice(1));
    expect(() => verifyBeside(beside, keys)).not.toThrow();
    // CVE-2022-21449: r = s = 0 fits everything for whoever forgets to look.
    expect(() => verifyBeside(beside && { ...beside, value: Buffer.alloc(64) }, keys)).toThrow('fits none');
  });

  it.each([
    ['another RelayState', (text: string) => text.replace('RelayState=here', 'RelayState=there')],
    ['no RelayState', (text: string) => text.replace('&RelayState=here', '')],
    [
      'another message',
      (text: string) =>
        text.replace(
          /SAMLRequest=[^&]*/,
          `SAMLRequest=${encodeURIComponent(deflateRawSync('<y/>').toString('base64'))}`,
        ),
    ],
    ['a response instead of a request', (text: string) => text.replace('SAMLRequest', 'SAMLResponse')],
  ])('refuses %s under the same signature', async (_, change) => {
    const { beside } = receiveRedirect(change(await query('here')));
    expect(() => verifyBeside(beside, trust)).toThrow('fits none');
  });

  it.each([
    ['SigAlg without Signature', (text: string) => text.replace(/&Signature=.*/, '')],
    ['Signature without SigAlg', (text: string) => text.replace(/&SigAlg=[^&]*/, '')],
    ['a request and a response at once', (text: string) => `${text}&SAMLResponse=x`],
    ['a message twice', (text: string) => `${text}&SAMLRequest=x`],
    ['a RelayState twice', (text: string) => `${text}&RelayState=x`],
    ['an escaped name', (text: string) => `${text}&%53AMLResponse=x`],
    ['no message', () => 'RelayState=x'],
    ['another encoding', (text: string) => `${text}&SAMLEncoding=urn:x`],
    ['what cannot be unpacked', () => 'SAMLRequest=AAAA'],
    ['broken escapes', () => 'SAMLRequest=%zz'],
    ['a bomb', () => `SAMLRequest=${encodeURIComponent(deflateRawSync(Buffer.alloc(10_000_000)).toString('base64'))}`],
  ])('refuses %s', async (_, change) => {
    const text = change(await query('here'));
    expect(() => receiveRedirect(text)).toThrow(expect.objectContaining({ code: 'upstream.malformed' }));
  });

  it('refuses a query that is not signed', () => {
    expect(() => verifyBeside(undefined, trust)).toThrow('not signed');
  });

  it('refuses a query signed by a stranger, or with SHA-1', async () => {
    const to = await redirectTo(LOCATION, 'SAMLRequest', '<x/>', { signer: signerFrom(stranger.privateKey) });
    expect(() => verifyBeside(receiveRedirect(to.search.slice(1)).beside, trust)).toThrow('fits none');
    const sha1 = { ...signer, algorithm: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1' };
    const old = await redirectTo(LOCATION, 'SAMLRequest', '<x/>', { signer: sha1 });
    expect(() => verifyBeside(receiveRedirect(old.search.slice(1)).beside, trust)).toThrow('SHA-1');
  });
});

describe('the post binding', () => {
  const base64 = Buffer.from('<x>ÿþ?</x>').toString('base64');

  it('takes Base64 in lines or not', () => {
    expect(receivePost({ SAMLResponse: base64 }).bytes.toString()).toBe('<x>ÿþ?</x>');
    expect(receivePost({ SAMLResponse: `${base64.slice(0, 8)}\r\n${base64.slice(8)}\r\n` }).bytes.toString()).toBe(
      '<x>ÿþ?</x>',
    );
  });

  it.each([
    ['no padding', 'PHgvPg'],
    ['padding in the middle', 'PHg=Lz4='],
    ['stray bits', 'PHgvPh=='],
    ['the alphabet of addresses', Buffer.from('<x>ÿþ?</x>').toString('base64url')],
    ['spaces', ` ${base64}`],
    ['nothing', ''],
    ['a percent sign', '%50HgvPg=='],
  ])('refuses Base64 with %s', (_, text) => {
    expect(() => receivePost({ SAMLResponse: text })).toThrow(expect.objectContaining({ code: 'upstream.malformed' }));
  });

  it('refuses a request and a response at once, and neither', () => {
    expect(() => receivePost({ SAMLResponse: base64, SAMLRequest: base64 })).toThrow('at once');
    expect(() => receivePost({ RelayState: 'x' })).toThrow('no SAML message');
  });
});
