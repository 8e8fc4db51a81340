import { configOf, deepFreeze, inputOf, own, shared } from '../test/cases.js';
import {
  audienceDefaults,
  bypassDefaults,
  checkChange,
  decide,
  inputDefaults,
  link,
  sessionDefaults,
  usersourceDefaults,
} from './index.js';

describe('the policy cases', () => {
  const cases = [...shared.cases, ...own.cases];
  it.each(cases.map((each) => [each.id, each.title, each] as const))('%s: %s', (_id, _title, each) => {
    const config = deepFreeze(configOf(each.fixture, each.patch));
    const input = deepFreeze(inputOf(each.input));
    expect(decide(config, input)).toEqual(each.expected);
  });

  it.each([...shared.linkCases, ...own.linkCases].map((each) => [each.id, each.title, each] as const))(
    '%s: %s',
    (_id, _title, each) => {
      expect(link(deepFreeze(each.input))).toEqual(each.expected);
    },
  );

  it.each([...shared.configCases, ...own.configCases].map((each) => [each.id, each.title, each] as const))(
    '%s: %s',
    (_id, _title, each) => {
      expect(checkChange(deepFreeze(each.before), deepFreeze(each.patch))).toEqual(each.expected);
    },
  );

  it('takes as defaults what the cases take', () => {
    expect(inputDefaults).toEqual(shared.inputDefaults);
    expect(audienceDefaults).toEqual(shared.audienceDefaults);
    expect(bypassDefaults).toEqual(shared.bypassDefaults);
    expect(usersourceDefaults).toEqual(shared.usersourceDefaults);
    expect(sessionDefaults).toMatchObject(shared.sessionDefaults ?? {});
  });
});
