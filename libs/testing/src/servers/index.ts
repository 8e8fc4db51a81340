export { describeWith } from './describe-with.js';
export { aptLine, findServer, requireServer, type ServerName } from './find-server.js';
export {
  startEmbeddedPostgresForTest,
  startEmbeddedRedisForTest,
  startRealPostgres,
  startRealRedis,
} from './start-server.js';
