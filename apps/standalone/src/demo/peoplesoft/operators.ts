import { hash } from 'node:crypto';

export interface Operator {
  oprid: string;
  name: string;
  emplid: string;
  email: string;
  /** Shown when the broker starts: this is a demo. */
  hint: string;
  locked: boolean;
  roles: readonly string[];
}

/** Names that nobody has at the intranet, so that one can see who answered. */
export const OPERATORS: readonly Operator[] = [
  {
    ...{ oprid: 'PSMITH', name: 'Paula Smith', emplid: 'KU0042', email: 'paula.smith@hr.acme.test' },
    ...{ hint: 'tuba-17', locked: false, roles: ['Employee', 'HR Administrator'] },
  },
  {
    ...{ oprid: 'RLOCKE', name: 'Rick Locke', emplid: 'KU0043', email: 'rick.locke@hr.acme.test' },
    ...{ hint: 'padlock-29', locked: true, roles: ['Employee'] },
  },
];

/** OPERPSWD as PeopleTools up to 8.52 wrote it: Base64 of SHA-1 over UTF-16LE, without salt. */
export const operpswd = (password: string): string => hash('sha1', Buffer.from(password, 'utf16le'), 'base64');
