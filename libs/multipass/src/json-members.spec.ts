import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readJson } from './json-members.js';

describe('readJson', () => {
  it.each([
    ['{"a":1,"a":2}', true],
    ['{"a":1,"\\u0061":2}', true],
    ['{"a":{"b":1,"b":2}}', true],
    ['{"a":[{"b":1},{"b":1,"b":2}]}', true],
    ['{"__proto__":1,"__proto__":2}', true],
    ['{"":1,"":2}', true],
    ['{"a":{"a":{"a":"a"}},"b":["a","a"]}', false],
    ['{"a":"b","b":"a"}', false],
    ['{"a":"{\\"a\\":1,\\"a\\":2}"}', false],
    ['{"a":1,"A":2}', false],
    ['{}', false],
  ])('looks for repeated names in %s: %s', (text, repeats) => {
    expect(readJson(text)).toMatchObject({ is: 'object', repeats });
  });

  it.each(['[]', '"a"', '7', 'null', '[{"a":1}]'])('tells that %s is JSON, but no object', (text) => {
    expect(readJson(text)).toEqual({ is: 'other' });
  });

  it.each(['', '{', '{"a":1}x', "{'a':1}", '{"a":1,}', '{"a":1}\u0001', '\ufeff{}'])('is strict about %j', (text) => {
    expect(readJson(text)).toEqual({ is: 'nothing' });
  });

  it('survives nesting as deep as a query allows', () => {
    expect(readJson(`{"a":${'['.repeat(4000)}${']'.repeat(4000)}}`)).toMatchObject({ is: 'object' });
  });

  it('agrees with JSON.parse about every object without repeated names', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), fc.nat(2), (object, indent) => {
        const json = readJson(JSON.stringify(object, null, indent));
        const members = json.is === 'object' ? [...json.members] : [];
        const values: Record<string, unknown> = Object.fromEntries(
          members.map(([name, text]): [string, unknown] => [name, JSON.parse(text)]),
        );
        expect(json).toMatchObject({ is: 'object', repeats: false });
        expect(values).toEqual(JSON.parse(JSON.stringify(object)));
      }),
    );
  });
});
