import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const PREFIX = 'pbt_';
const SHAPE = /^pbt_([A-Za-z0-9_-]{43})([0-9a-f]{8})$/;

const checksum = (body: string): string => crc32(body).toString(16).padStart(8, '0');

/** 256 bits of chance. Prefix and checksum let scanners tell a leaked token from noise. */
export function newTokenText(): string {
  const body = randomBytes(32).toString('base64url');
  return `${PREFIX}${body}${checksum(body)}`;
}

/** Whether it can be one of ours at all: a mistyped one costs no look into the database. */
export function isTokenText(text: string): boolean {
  const [, body = '', sum] = SHAPE.exec(text) ?? [];
  return sum !== undefined && checksum(body) === sum;
}

/** Tokens are random, so a plain hash keeps them: there is nothing to guess. */
export const tokenHash = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
