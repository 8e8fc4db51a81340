export * from './browser.js';
export * from './edge.js';
export * from './fake-clock.js';
export * from './fault-proxy.js';
export * from './peers/index.js';
export * from './servers/index.js';
