import { LinearPattern, PatternError } from './pattern.js';

const TEXTS = [
  '',
  'a',
  'aa',
  'ab',
  'abc',
  'CN=Ops,OU=x',
  'x-12',
  '12',
  '\n',
  'é',
  '😀',
  'a.b',
  'A_b9',
  'a b',
  '[x]',
  'aaa!',
  'AB',
  '-',
];

describe('a pattern', () => {
  it.each([
    ...[
      '',
      'a',
      '^a',
      'a$',
      '^a$',
      '^$',
      'a|b',
      '(a|ab)(c|bcd)?$',
      'a*',
      '^a+$',
      'a?b',
      '[abc]',
      '[^abc]',
      '[a-c]+',
      '[^a-z]',
    ],
    ...[
      '\\d+',
      '^\\w+$',
      '\\s',
      '\\D',
      '\\W',
      '\\S+',
      '.',
      '^.$',
      'a.b',
      'a\\.b',
      '^CN=(Ops|Dev),',
      '(?:ab)+',
      'a{2}',
      '^a{1,2}$',
    ],
    ...[
      'a{2,}',
      '[]x]',
      '[x-]',
      '[\\d-]',
      '\\[x\\]',
      '(a*)*',
      '(a|b|)*c',
      '^(a?){3}$',
      'a+?',
      '[.]',
      '\\n',
      '[\\]]',
      '😀',
      '^a|c$',
    ],
  ])('%s matches what JavaScript matches', (text) => {
    const ours = new LinearPattern(text);
    const theirs = new RegExp(text === '[]x]' ? '[\\]x]' : text, 'u');
    expect(TEXTS.filter((one) => ours.test(one))).toEqual(TEXTS.filter((one) => theirs.test(one)));
  });

  it('(?i) takes both cases, in classes and outside of them', () => {
    const matches = (text: string) => TEXTS.filter((one) => new LinearPattern(text).test(one));
    expect(matches('(?i)^cn=OPS')).toEqual(['CN=Ops,OU=x']);
    expect(matches('(?i)^[A]B$')).toEqual(['ab', 'AB']);
    expect(matches('(?i)^[^a]')).not.toContain('AB');
  });

  it.each([
    '(',
    ')',
    'a**',
    '*',
    'a{1001}',
    'a{3,1}',
    '(?=a)',
    '(?<n>a)',
    '\\1',
    '\\b',
    '\\p{L}',
    '[b-a]',
    '[a',
    '\\',
    'x'.repeat(501),
    '((a{100}){100}){100}',
  ])('refuses %s', (text) => {
    expect(() => new LinearPattern(text)).toThrow(PatternError);
  });

  it('refuses a pattern nobody could wait for, in steps that grow with the text only', () => {
    const steps = (length: number): number => {
      let count = 0;
      new LinearPattern('^((a+)+)+$').test(`${'a'.repeat(length)}!`, (more) => (count += more));
      return count;
    };
    expect(steps(200) / steps(100)).toBeLessThan(2.1);
    expect(new LinearPattern('^((a+)+)+$').test('a'.repeat(100))).toBe(true);
  });
});
