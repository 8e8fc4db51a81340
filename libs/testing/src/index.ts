export * from './fake-clock.js';
export * from './servers/index.js';
