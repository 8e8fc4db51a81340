export { findOnPath } from './tied-process.js';
export { startEmbeddedPostgres, type EmbeddedPostgres, type EmbeddedPostgresOptions } from './postgres.js';
export { runningPostgres } from './running-postgres.js';
export { startEmbeddedRedis, type EmbeddedRedis, type EmbeddedRedisKind, type EmbeddedRedisOptions } from './redis.js';
