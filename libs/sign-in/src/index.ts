export * from './browser.js';
export * from './replay.js';
export * from './transactions.js';
