import { escapedRdn, ldif, type Entry } from './ldif.js';

const suffix = 'dc=corp,dc=test';
const under = (unit: string): string => `ou=${unit},${suffix}`;

/** The directory every test sees. Its passwords are public: it listens on loopback only. */
export const CORP = {
  suffix,
  peopleDn: under('people'),
  groupsDn: under('groups'),
  bulkDn: under('bulk'),
  /** Everybody's, unless a test changed it. */
  password: 'Corr3ct-Horse!',
  /** May read, as a broker's own account would. */
  service: { dn: `uid=svc-ldap,${under('services')}`, password: 'Serv1ce-Passw0rd!' },
  admin: { dn: `cn=admin,${suffix}`, password: 'Adm1n!Passw0rd' },
  /** Bad passwords before the policy locks an account. */
  lockoutThreshold: 3,
} as const;

/** Names of accounts that a test may guess at, lock or change. */
export const SPARE_UIDS = ['spare1', 'spare2', 'spare3', 'spare4'] as const;

const policy = (cn: string, values: Entry): [string, Entry] => [
  `cn=${cn},${under('policies')}`,
  {
    ...{ objectClass: ['pwdPolicy', 'device', 'top'], cn, pwdAttribute: 'userPassword', pwdMinLength: '8' },
    ...{ pwdLockout: 'TRUE', pwdMaxFailure: String(CORP.lockoutThreshold), pwdFailureCountInterval: '300' },
    ...{ pwdLockoutDuration: '300', pwdMustChange: 'TRUE', pwdAllowUserChange: 'TRUE', pwdCheckQuality: '1' },
    ...values,
  },
];

interface Person extends Entry {
  cn: string;
  sn: string;
}

function person(uid: string, { rdn, parent = CORP.peopleDn, ...values }: Person & { rdn?: string; parent?: string }) {
  const dn = `${rdn ?? `uid=${escapedRdn(uid)}`},${parent}`;
  const entry: Entry = {
    ...{ objectClass: 'inetOrgPerson', uid, mail: `${uid}@corp.test`, userPassword: CORP.password },
    ...values,
  };
  return [dn, entry] as const;
}

/** Somebody whose DN is made of their common name. */
const named = (uid: string, cn: string, values: Entry = {}) =>
  person(uid, { cn, sn: cn, rdn: `cn=${escapedRdn(cn)}`, ...values });

const group = (cn: string, member: string[]) =>
  [`cn=${escapedRdn(cn)},${CORP.groupsDn}`, { objectClass: 'groupOfNames', cn, member }] as const;

/** Units, policies, people and groups, and `bulk` people more, as LDIF. */
export function tree(bulk: number): string {
  const alice = person('alice', { cn: 'Alice Adams', sn: 'Adams', givenName: 'Alice', employeeNumber: '1001' });
  const bob = person('bob', { cn: 'Bob Brown', sn: 'Brown' });
  const nina = person('nina', { cn: 'Nina Nested', sn: 'Nested' });
  const zofia = named('zofia', 'Müller, Žofia (Zürich)');
  const helpdesk = group('helpdesk-agents', [alice[0], nina[0]]);
  const support = group('support', [helpdesk[0]]);
  const loop = (name: string) => `cn=${name},${CORP.groupsDn}`;
  const follows = (name: string) => `cn=${name},${under('policies')}`;
  return ldif([
    [suffix, { objectClass: ['dcObject', 'organization'], dc: 'corp', o: 'Corp Test' }],
    ...['people', 'groups', 'services', 'policies', 'bulk', 'elsewhere'].map((ou): [string, Entry] => [
      under(ou),
      { objectClass: 'organizationalUnit', ou },
    ]),
    policy('default', { pwdMaxAge: '0' }),
    policy('short-lived', { pwdMaxAge: '1', pwdGraceAuthNLimit: '0' }),
    policy('grace', { pwdMaxAge: '1', pwdGraceAuthNLimit: '50' }),
    [
      CORP.service.dn,
      { objectClass: ['account', 'simpleSecurityObject'], uid: 'svc-ldap', userPassword: CORP.service.password },
    ],
    ...[alice, bob, nina],
    person('noah', { cn: 'Noah NoMail', sn: 'NoMail', mail: [] }),
    person('twomails', { cn: 'Tina Two', sn: 'Two', mail: ['tina@corp.test', 'tina.alias@corp.test'] }),
    person('erin', { cn: 'Erin Locked', sn: 'Locked', pwdAccountLockedTime: '000001010000Z' }), // For ever.
    person('frank', { cn: 'Frank Expired', sn: 'Expired', pwdPolicySubentry: follows('short-lived') }),
    person('gina', { cn: 'Gina Grace', sn: 'Grace', pwdPolicySubentry: follows('grace') }),
    person('grace', { cn: 'Grace Must-Change', sn: 'Must-Change', pwdReset: 'TRUE' }),
    person('gloria', { cn: 'Gloria Must-Change', sn: 'Must-Change', pwdReset: 'TRUE' }),
    person('nopass', { cn: 'Nora NoPassword', sn: 'NoPassword', userPassword: [] }),
    person('dup1', { cn: 'Dup One', sn: 'One', mail: 'shared@corp.test' }),
    person('dup2', { cn: 'Dup Two', sn: 'Two', mail: 'shared@corp.test' }),
    person('otto', { cn: 'Otto Outside', sn: 'Outside', parent: under('elsewhere') }),
    ...SPARE_UIDS.map((uid) => person(uid, { cn: `Spare ${uid}`, sn: 'Spare' })),
    zofia,
    named('jsmith', 'Smith, John (Contractor)'),
    named('xiaolong', '李小龍'),
    named('obrien', 'O\'Brien "Obi" #1 + Co; <x>=y'),
    named('star*user', 'Back\\slash * Star', { mail: 'star@corp.test' }),
    ...[helpdesk, support],
    group('staff', [support[0], bob[0]]),
    group('Ops (EU), Tier 1', [bob[0], zofia[0]]),
    group('loop-a', [alice[0], loop('loop-b')]),
    group('loop-b', [loop('loop-a')]),
    // Its name ends in the name of another group's DN, escaped.
    group(`x,cn=support,${CORP.groupsDn}`, [bob[0]]),
    [
      `cn=unique-staff,${CORP.groupsDn}`,
      { objectClass: 'groupOfUniqueNames', cn: 'unique-staff', uniqueMember: [alice[0], bob[0]] },
    ],
    [
      `cn=posix-staff,${CORP.groupsDn}`,
      { objectClass: 'posixGroup', cn: 'posix-staff', gidNumber: '5000', memberUid: ['alice', 'nina'] },
    ],
    ...Array.from({ length: bulk }, (_, index) =>
      person(`bulk${String(index + 1).padStart(4, '0')}`, {
        ...{ cn: `Bulk ${index + 1}`, sn: 'Bulk', parent: CORP.bulkDn, userPassword: [] },
      }),
    ),
  ]);
}
