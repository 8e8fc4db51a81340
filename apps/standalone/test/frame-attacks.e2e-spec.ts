import { openFrame, sealFrame, ServiceIdentity, signatureChecker } from '@passbroker/platform';

describe('attacks on frames between services', () => {
  const now = new Date('2030-01-01T00:00:00Z');
  const deadline = new Date('2030-01-01T00:01:00Z');
  const minter = new ServiceIdentity('minter', 'a secret of the minter, of thirty-two bytes or more');
  const gateway = new ServiceIdentity('gateway', 'a secret of the gateway, of thirty-two bytes or more');
  const check = (service: string, bytes: Buffer, signature: Buffer): boolean =>
    signatureChecker((service === 'minter' ? minter : gateway).publicKeys)(bytes, signature);

  it('BUS-008: of ten thousand flipped bits none is believed, and none does harm', () => {
    const frame = sealFrame(minter, 'sign-out', { id: 'x', ended: true }, deadline);
    expect(openFrame(frame, 'sign-out', 'minter', check, now).body).toMatchObject({ id: 'x' });
    const bytes = Buffer.from(frame, 'latin1');
    let refused = 0;
    for (let flip = 0; flip < 10_000; flip += 1) {
      const other = Buffer.from(bytes);
      const at = (flip * 7_919) % (bytes.length * 8);
      other[at >> 3] = (other[at >> 3] ?? 0) ^ (1 << (at & 7));
      try {
        openFrame(other.toString('latin1'), 'sign-out', 'minter', check, now);
      } catch (error) {
        expect(error).toHaveProperty('code', 'bus.unauthentic');
        refused += 1;
      }
    }
    expect(refused).toBe(10_000);
  });

  it('BUS-005, BUS-006, BUS-007: another type, sender or time is another frame', () => {
    const frame = sealFrame(minter, 'sign-out', {}, deadline);
    const late = new Date('2030-01-01T00:02:00Z');
    expect(() => openFrame(frame, 'signed-out', 'minter', check, now)).toThrow();
    expect(() => openFrame(frame, 'sign-out', 'gateway', check, now)).toThrow();
    expect(() => openFrame(frame, 'sign-out', 'minter', check, late)).toThrow();
    expect(openFrame(frame, 'sign-out', 'minter', check, now).body).toEqual({});
  });
});
