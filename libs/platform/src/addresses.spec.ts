import { isNowhere, isPrivateAddress, mayReach } from './addresses.js';

describe('addresses that somebody configured', () => {
  it.each([
    ...['169.254.169.254', '169.254.170.2', '::ffff:169.254.169.254', '::ffff:a9fe:a9fe', 'fd00:ec2::254'],
    ...['100.100.100.200', '168.63.129.16', '192.0.0.192', 'fd20:ce::254', '0.0.0.0', '0.1.2.3', '::'],
    ...['fe80::1', 'fe80::1%eth0', 'ff02::1', '224.0.0.1', '255.255.255.255', 'not an address', ''],
  ])('lead nowhere, also where private ones are allowed: %s', (address) => {
    expect(isNowhere(address)).toBe(true);
    expect(mayReach({ allowLoopback: true })(address)).toBe(false);
  });

  it.each(['10.1.2.3', '192.168.1.1', '172.16.9.9', 'fd12:3456::1', '100.64.0.1', '8.8.8.8', '2606:4700::1111'])(
    'may be in a private network, for a directory or a database: %s',
    (address) => {
      expect(mayReach({ allowLoopback: false })(address)).toBe(true);
    },
  );

  it.each(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1'])(
    'are this machine only where that is allowed: %s',
    (address) => {
      expect(mayReach({ allowLoopback: false })(address)).toBe(false);
      expect(mayReach({ allowLoopback: true })(address)).toBe(true);
      expect(isPrivateAddress(address)).toBe(true);
    },
  );
});
