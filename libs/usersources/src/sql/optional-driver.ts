import { Refusal } from '@passbroker/model';
import { wrapped, type Wrapped } from './wrapped.js';

type Driver = 'mssql' | 'oracledb';

/**
 * Packages that not every installation has, loaded when the first usersource needs them.
 * @throws Refusal usersource.misconfigured
 */
export async function loadDriver(name: Driver): Promise<Wrapped> {
  try {
    // By a variable, so that neither the compiler nor a bundler wants it there.
    const module: unknown = await import(name);
    const inner: unknown = Reflect.get(Object(module), 'default');
    return wrapped(inner ?? module);
  } catch (cause) {
    throw new Refusal('usersource.misconfigured', `the optional package ${name} is not installed here`, { cause });
  }
}
