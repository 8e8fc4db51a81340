import { isOutage } from './outage.js';

const withCode = (code: string) => Object.assign(new Error('x'), { code });

describe('an outage', () => {
  it.each([
    new Error('Command timed out'),
    new Error("Stream isn't writeable and enableOfflineQueue options is false"),
    new Error('LOADING Redis is loading the dataset in memory'),
    withCode('ECONNREFUSED'),
    withCode('57P01'),
    new AggregateError([withCode('ECONNREFUSED')]),
    Object.assign(new Error('query failed'), { driverError: withCode('08006') }),
    new Error('outer', { cause: new Error('Connection terminated unexpectedly') }),
  ])('is %s', (error) => {
    expect(isOutage(error)).toBe(true);
  });

  it.each([new TypeError('x is not a function'), withCode('23505'), 'ECONNREFUSED', undefined])(
    'is not %s',
    (error) => {
      expect(isOutage(error)).toBe(false);
    },
  );
});
