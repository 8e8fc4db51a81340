export * from './audit.js';
export * from './ended.js';
export * from './news.js';
export * from './questions.js';
export * from './signatures.js';
export * from './open-bus.js';
