import { Refusal } from '@passbroker/model';
import { activeDirectory } from './active-directory/active-directory.usersource.js';
import { database } from './database/database.usersource.js';
import { ldap } from './ldap/ldap.usersource.js';
import { kerberos } from './kerberos/kerberos.usersource.js';
import { local } from './local/local.usersource.js';
import { multipass } from './multipass/multipass.usersource.js';
import { oidc } from './oidc/oidc.usersource.js';
import { peoplesoftDatabase } from './peoplesoft-database/peoplesoft-database.usersource.js';
import { peoplesoftToken } from './peoplesoft-token/peoplesoft-token.usersource.js';
import { jwt } from './jwt/jwt.usersource.js';
import { saml } from './saml/saml.usersource.js';
import { google } from './google/google.usersource.js';
import { microsoft } from './microsoft/microsoft.usersource.js';
import { linkedin } from './linkedin/linkedin.usersource.js';
import { github } from './github/github.usersource.js';
import { facebook } from './facebook/facebook.usersource.js';
import { twitter } from './twitter/twitter.usersource.js';
import type { Usersource, UsersourceTools, UsersourceType } from './usersource.js';

type Open = (settings: unknown, tools: UsersourceTools) => Usersource;

/** Binds a type to its own schema, so that the list below can hold types whose settings differ. */
function entry<Settings>(type: UsersourceType<Settings>): [string, Open] {
  return [
    type.type,
    (settings, tools) => {
      const parsed = type.settings.schema.safeParse(settings);
      if (!parsed.success) {
        // Names of settings only: a value may be a secret.
        const names = parsed.error.issues.map((issue) => issue.path.join('.') || 'settings').join(', ');
        throw new Refusal('usersource.misconfigured', `the settings of ${tools.slug} do not fit: ${names}`);
      }
      return type.open(parsed.data, tools);
    },
  ];
}

const TYPES: ReadonlyMap<string, Open> = new Map([
  entry(activeDirectory),
  entry(ldap),
  entry(database),
  entry(local),
  entry(multipass),
  entry(oidc),
  entry(kerberos),
  entry(peoplesoftDatabase),
  entry(peoplesoftToken),
  entry(saml),
  entry(jwt),
  entry(google),
  entry(microsoft),
  entry(linkedin),
  entry(github),
  entry(facebook),
  entry(twitter),
]);

export const isUsersourceType = (type: string): boolean => TYPES.has(type);

/** @throws Refusal usersource.misconfigured for an unknown type, setting or value: fail closed. */
export function openUsersource(type: string, settings: unknown, tools: UsersourceTools): Usersource {
  const open = TYPES.get(type);
  if (!open) throw new Refusal('usersource.misconfigured', `nobody here knows the type ${type}`);
  return open(settings, tools);
}
