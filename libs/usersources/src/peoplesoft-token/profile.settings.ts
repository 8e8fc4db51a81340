import { z } from 'zod';
import { operatorsShape } from '../peoplesoft/operators.settings.js';
import { connectionShape, NAMES_NO_SERVER, namesItsServer } from '../sql/connection.settings.js';

const { dialect, host, port, database, user, tls, ca, tlsServerName } = connectionShape;

/** PeopleSoft's own tables, as for `peoplesoft-database`; the password stands beside it as `profilePassword`. */
export const profileShape = z
  .strictObject({ ...{ dialect, host, port, database, user, tls, ca, tlsServerName }, ...operatorsShape })
  .refine(namesItsServer, NAMES_NO_SERVER);
export type ProfileSettings = z.infer<typeof profileShape>;
