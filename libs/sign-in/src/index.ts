export * from './browser.js';
export * from './ended-sessions.js';
export * from './replay.js';
export * from './sealed-under.js';
export * from './transactions.js';
