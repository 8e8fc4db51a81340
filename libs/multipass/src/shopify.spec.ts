import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { refusalOf } from '../test/refusal.js';
import { VECTORS } from '../test/vectors.js';
import { readShopifyMultipass, writeShopifyMultipass } from './shopify.js';

const { token, secret, now } = VECTORS.shopify;
const JANE = { uid: 'u-1001', email: 'jane.doe@example.com', name: 'Jane Doe' };
const later = (seconds: number) => new Date(now.getTime() + seconds * 1000);

describe('Shopify Multipass', () => {
  it('reads what a published client wrote', () => {
    expect(readShopifyMultipass(token, secret, now)).toMatchObject({
      uid: 'u-1001',
      email: 'jane.doe@example.com',
      expires: new Date('2030-01-01T00:15:00.119Z'),
      dialect: 'shopify',
    });
  });

  it('ends after 15 minutes, and does not accept one from the future', () => {
    const strict = { clockSkewSec: 0 };
    expect(readShopifyMultipass(token, secret, later(900), strict).uid).toBe('u-1001');
    expect(refusalOf(() => readShopifyMultipass(token, secret, later(901), strict)).code).toBe('multipass.expired');
    expect(refusalOf(() => readShopifyMultipass(token, secret, later(-61))).code).toBe('multipass.too_long_lived');
  });

  it('refuses every altered bit, another secret and rubbish alike', () => {
    const bytes = Buffer.from(token, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const altered = Buffer.from(bytes);
      altered.writeUInt8(altered.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      const attempt = () => readShopifyMultipass(altered.toString('base64url'), secret, now);
      expect(refusalOf(attempt).code).toBe('multipass.signature');
    }
    expect(refusalOf(() => readShopifyMultipass(token, 'another', now)).code).toBe('multipass.signature');
    expect(refusalOf(() => readShopifyMultipass(token, '', now)).code).toBe('usersource.misconfigured');
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(refusalOf(() => readShopifyMultipass(text, secret, now)).code).toBe('multipass.signature');
      }),
    );
  });

  it('writes passes that read back, each under its own IV', () => {
    const claims = { ...JANE, to: 'https://shop.example/account', remoteIp: '192.0.2.7' };
    const mint = () => writeShopifyMultipass(claims, secret, now);
    expect(readShopifyMultipass(mint(), secret, now)).toMatchObject(claims);
    expect(mint()).not.toBe(mint());
  });

  it('knows people by their address when there is no identifier, and refuses a pass without address', () => {
    expect(refusalOf(() => writeShopifyMultipass({ ...JANE, email: '' }, secret, now)).code).toBe(
      'multipass.invalid_data',
    );
  });
});
