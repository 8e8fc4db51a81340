import { BlockList, isIP, isIPv4 } from 'node:net';
import { plainAddress } from './front.js';

const NETWORK = ['0.0.0.0', 8] as const;

/**
 * Where nothing that somebody configured may lead, whatever an operator allows: no upstream of anybody's is there, and
 * clouds keep the credentials of their machines there (Amazon, Azure, Google: 169.254.169.254; Azure 168.63.129.16;
 * Oracle 192.0.0.192; Alibaba 100.100.100.200; Amazon fd00:ec2::254; Google fd20:ce::254).
 */
const NOWHERE = listOf(
  [NETWORK, ['169.254.0.0', 16], ['192.0.0.192', 32], ['100.100.100.200', 32], ['168.63.129.16', 32], ['224.0.0.0', 3]],
  [
    ['::', 128],
    ['fd00:ec2::254', 128],
    ['fd20:ce::254', 128],
    ['fe80::', 10],
    ['ff00::', 8],
  ],
);

const LOOPBACK = listOf([['127.0.0.0', 8]], [['::1', 128]]);

/** Not of the public Internet: this host, private and special ranges (RFC 6890). */
const PRIVATE = listOf(
  [
    NETWORK,
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
    ['172.16.0.0', 12],
    ['192.0.0.0', 24],
    ['192.0.2.0', 24],
    ['192.88.99.0', 24],
    ['192.168.0.0', 16],
    ['198.18.0.0', 15],
    ['198.51.100.0', 24],
    ['203.0.113.0', 24],
    ['224.0.0.0', 3],
  ],
  [
    ['::', 127],
    ['64:ff9b::', 96],
    ['64:ff9b:1::', 48],
    ['100::', 64],
    ['2001::', 23],
    ['2001:db8::', 32],
    ['2002::', 16],
    ['fc00::', 7],
    ['fe80::', 10],
    ['ff00::', 8],
  ],
);

export const isPrivateAddress = (address: string): boolean => isIn(PRIVATE, address);
export const isNowhere = (address: string): boolean => isIP(address) === 0 || isIn(NOWHERE, address);

/** Whether a resolved address may be connected to. */
export type MayReach = (address: string) => boolean;

/**
 * For directories and databases (invariant 9), which stand in private networks as a rule: those are allowed. This very
 * machine is another matter, where our own stores listen.
 */
export const mayReach =
  ({ allowLoopback }: { allowLoopback: boolean }): MayReach =>
  (address) =>
    !isNowhere(address) && (allowLoopback || !isIn(LOOPBACK, address));

type Subnets = readonly (readonly [address: string, prefix: number])[];

function listOf(ipv4: Subnets, ipv6: Subnets): BlockList {
  const list = new BlockList();
  for (const [address, prefix] of ipv4) list.addSubnet(address, prefix, 'ipv4');
  for (const [address, prefix] of ipv6) list.addSubnet(address, prefix, 'ipv6');
  return list;
}

/** IPv4 in IPv6 counts as IPv4, in either spelling. */
function isIn(list: BlockList, raw: string): boolean {
  // A zone says by which of our interfaces, and is no part of the address.
  const address = plainAddress(raw).replace(/%.*$/, '');
  return list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}
