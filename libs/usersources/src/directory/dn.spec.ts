import { escapeDnValue, isUnder, parseDn, sameDn } from './dn.js';

describe('distinguished names', () => {
  it.each([
    ['CN=Müller\\, Žofia (Zürich),OU=People', 'cn=Müller\\2C Žofia (Zürich), ou=people'],
    ['cn=M\\C3\\BCller,dc=x', 'CN=Müller,DC=x'],
    ['cn="Smith, John",dc=x', 'cn=Smith\\, John,dc=x'],
    ['cn=a+uid=b,dc=x', 'uid=b+cn=a,dc=x'],
    ['2.5.4.3=a,dc=x', 'cn=a,dc=x'],
    ['cn=\\ lead\\ ,dc=x', 'cn=\\20lead\\20,dc=x'],
    ['cn=a  b,dc=x', 'cn=A b,dc=X'],
    ['cn=O\'Brien \\"Obi\\" \\#1 \\+ Co\\; \\<x\\>\\=y,dc=x', "cn=O'Brien \\22Obi\\22 #1 \\2B Co\\3B \\3Cx\\3E=y,dc=x"],
  ])('%s is %s', (left, right) => {
    expect(sameDn(left, right)).toBe(true);
  });

  it.each([
    ['cn=support,dc=x', 'cn=x\\,cn\\=support,dc=x'],
    ['cn=a,cn=b,dc=x', 'cn=a\\,cn=b,dc=x'],
    ['cn=jose,dc=x', 'cn=josé,dc=x'],
    ['cn=a,dc=x', 'ou=a,dc=x'],
    ['cn=a', 'cn=a,dc=x'],
    ['not a dn', 'not a dn'],
    ['cn=a\\', 'cn=a\\'],
    ['cn="a', 'cn="a'],
  ])('%s is not %s', (left, right) => {
    expect(sameDn(left, right)).toBe(false);
  });

  it('lie under a base by their parts, not by how their text ends (LDAP-016)', () => {
    expect(isUnder('uid=a,ou=people,dc=x', 'OU=People, DC=x')).toBe(true);
    expect(isUnder('ou=people,dc=x', 'ou=people,dc=x')).toBe(true);
    expect(isUnder('uid=a\\,ou=people\\,dc=x,dc=evil', 'ou=people,dc=x')).toBe(false);
    expect(isUnder('uid=a,ou=xpeople,dc=x', 'people,dc=x')).toBe(false);
    expect(isUnder('uid=a\\,ou=people,dc=x', 'ou=people,dc=x')).toBe(false);
    expect(isUnder('dc=x', 'ou=people,dc=x')).toBe(false);
    expect(isUnder('uid=a,dc=x', '')).toBe(false);
  });

  it.each(['a,ou=admins', '#1', ' both ', ' ', 'a+b=c', 'back\\slash', '"q"', '<x>;', 'a\0b', '李小龍'])(
    'hold %j as one value once it is escaped (LDAP-002)',
    (value) => {
      expect(parseDn(`uid=${escapeDnValue(value)},dc=x`)).toEqual([[['uid', value.toLowerCase()]], [['dc', 'x']]]);
    },
  );
});
