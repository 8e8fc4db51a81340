export { cell, flag, list, trimmed } from './cells.js';
export { probeConnection } from './connection.probe.js';
export { parseStatement, UnreadableStatement, type Statement } from './named-parameters.js';
export { LIMITS, type Row, type Session } from './session.js';
export { isPlainName, isSameName, typedIn, type NameCase, type Typed } from './typed.js';
export { SqlDatabase } from './sql-database.js';
