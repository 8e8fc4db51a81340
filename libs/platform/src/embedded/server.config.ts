import { env } from 'node:process';

/** Where programs are looked for: of the machine, not of our configuration. */
export const searchPath = (): string => env['PATH'] ?? '';

/** All that an embedded server gets to see: our own environment holds secrets that it has no use for. */
export const serverEnvironment = () => ({ PATH: searchPath(), LC_ALL: 'C', TZ: 'UTC' });
