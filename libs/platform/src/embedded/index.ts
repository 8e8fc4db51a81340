export { findOnPath, runServer } from './tied-process.js';
export { supervise } from './supervise.js';
export { freePort } from './free-port.js';
export { startEmbeddedPostgres, type EmbeddedPostgres, type EmbeddedPostgresOptions } from './postgres.js';
export { runningPostgres } from './running-postgres.js';
export { startEmbeddedRedis, type EmbeddedRedis, type EmbeddedRedisKind, type EmbeddedRedisOptions } from './redis.js';
