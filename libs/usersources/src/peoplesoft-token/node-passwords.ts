import { passwordFault } from '@passbroker/platform';

/** A line a node: `PSFT_HR=its password`. A secret is one text to whoever seals it. */
export const NODE_PASSWORDS = /^(?:[A-Z][A-Z0-9_]{0,29}=[^\r\n]*(?:\r?\n|$))+$/;

export function readNodePasswords(text: string): Map<string, string> {
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  return new Map(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as [string, string]),
  );
}

/**
 * Two graphics cards try 26,600,000,000 passwords a second against one token: ten letters and digits last a year, and
 * eight two hours. Sixteen random characters are out of reach, and nobody can see that they are random.
 */
const LEAST_CHARS = 20;

/** Why this password lets a stranger be anybody, or undefined. */
export function weakness(node: string, password: string): string | undefined {
  if ([...password].length < LEAST_CHARS) return `shorter than ${LEAST_CHARS} characters`;
  return passwordFault(password, [node, 'peoplesoft']) === undefined ? undefined : 'easy to guess';
}
