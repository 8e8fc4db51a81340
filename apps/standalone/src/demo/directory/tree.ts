import { createHash, randomBytes } from 'node:crypto';

const SUFFIX = 'dc=corp,dc=acme,dc=test';
const under = (unit: string): string => `ou=${unit},${SUFFIX}`;

/** Where things are in the demo's directory. */
export const TREE = {
  suffix: SUFFIX,
  people: under('people'),
  groups: under('groups'),
  /** The broker's own entry. */
  broker: `uid=passbroker,${under('services')}`,
  policy: `cn=default,${under('policies')}`,
} as const;

/** Bad passwords before the directory locks an account. */
export const LOCKOUT = { threshold: 5, windowMin: 5 } as const;

export interface Member {
  uid: string;
  name: string;
  /** Shown when the broker starts: this is a demo. */
  hint: string;
  /** Has to choose another password on the way in. */
  mustChange: boolean;
}

/** Names that nobody has at the intranet or in PeopleSoft, so that one can see who answered. */
export const MEMBERS: readonly Member[] = [
  { uid: 'dora', name: 'Dora Diaz', hint: 'violin-55', mustChange: false },
  { uid: 'nils', name: 'Nils Newcomer', hint: 'change-me-1', mustChange: true },
];

/** RFC 2307's salted SHA-1 with the length that OpenLDAP itself makes. */
function ssha(password: string): string {
  const salt = randomBytes(8);
  const digest = createHash('sha1').update(password).update(salt).digest();
  return `{SSHA}${Buffer.concat([digest, salt]).toString('base64')}`;
}

type Entry = Record<string, string | readonly string[]>;

/** All values here are plain ASCII without blanks at their ends: no need of RFC 2849's Base64. */
const ldif = (entries: readonly (readonly [dn: string, entry: Entry])[]): string =>
  entries
    .map(([dn, entry]) => {
      const lines = Object.entries(entry).flatMap(([name, values]) => [values].flat().map((one) => `${name}: ${one}`));
      return [`dn: ${dn}`, ...lines, ''].join('\n');
    })
    .join('\n');

/** People, groups that hold groups, a password policy, and the broker's entry, for slapadd. */
export function treeAsLdif(brokerPassword: string): string {
  const dnOf = ({ uid }: Member): string => `uid=${uid},${TREE.people}`;
  const support = `cn=support,${TREE.groups}`;
  return ldif([
    [TREE.suffix, { objectClass: ['dcObject', 'organization'], dc: 'corp', o: 'Acme' }],
    ...['people', 'groups', 'services', 'policies'].map(
      (ou) => [under(ou), { objectClass: 'organizationalUnit', ou }] as const,
    ),
    [
      TREE.policy,
      {
        ...{ objectClass: ['device', 'pwdPolicy'], cn: 'default', pwdAttribute: 'userPassword' },
        ...{ pwdMinLength: '8', pwdCheckQuality: '1', pwdMustChange: 'TRUE', pwdAllowUserChange: 'TRUE' },
        ...{ pwdLockout: 'TRUE', pwdMaxFailure: String(LOCKOUT.threshold), pwdLockoutDuration: '300' },
        pwdFailureCountInterval: String(LOCKOUT.windowMin * 60),
      },
    ],
    [
      TREE.broker,
      {
        ...{ objectClass: ['account', 'simpleSecurityObject'], uid: 'passbroker' },
        userPassword: ssha(brokerPassword),
      },
    ],
    ...MEMBERS.map(
      (member) =>
        [
          dnOf(member),
          {
            ...{ objectClass: 'inetOrgPerson', uid: member.uid, cn: member.name },
            sn: member.name.split(' ').at(-1) ?? member.name,
            ...{ mail: `${member.uid}@corp.acme.test`, userPassword: ssha(member.hint) },
            ...(member.mustChange && { pwdReset: 'TRUE' }),
          },
        ] as const,
    ),
    [support, { objectClass: 'groupOfNames', cn: 'support', member: MEMBERS.map(dnOf) }],
    [`cn=staff,${TREE.groups}`, { objectClass: 'groupOfNames', cn: 'staff', member: support }],
  ]);
}
