import { isIP } from 'node:net';
import { z } from 'zod';

export const DIALECTS = ['postgres', 'mariadb', 'mysql', 'sqlserver', 'oracle'] as const;
export type Dialect = (typeof DIALECTS)[number];

const PORTS: Readonly<Record<Dialect, number>> = {
  postgres: 5432,
  mariadb: 3306,
  mysql: 3306,
  sqlserver: 1433,
  oracle: 1521,
};

const hostName = z
  .string()
  .max(253)
  .refine(
    (host) => isIP(host) !== 0 || /^(?!-)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*\.?$/.test(host),
    'must be a host name or an address, without port or scheme',
  );

/** Members of the settings of every type that asks a database; spread into its own object. */
export const connectionShape = {
  dialect: z.enum(DIALECTS),
  host: hostName,
  port: z.int().min(1).max(65_535).optional(),
  /** Name of the database; for Oracle, of the service. */
  database: z.string().regex(/^[A-Za-z0-9_.$#-]{1,128}$/, 'letters, digits and _ . $ # - only'),
  user: z.string().min(1).max(128),
  password: z.string().min(1).max(1024),
  tls: z.enum(['verify', 'off']).default('verify'),
  /** PEM of the authority that signed the server's certificate, if no public one did. */
  ca: z
    .string()
    .max(65_536)
    .regex(/-----BEGIN CERTIFICATE-----/, 'must be a certificate in PEM')
    .optional(),
  /** Name in the server's certificate, if it is another than `host`. */
  tlsServerName: hostName.optional(),
};
export type Connection = z.infer<z.ZodObject<typeof connectionShape>>;

export const CONNECTION_SECRETS = ['password'] as const;
/** Whoever changes where the database's password is sent, or who may read it on the way, says it again (ADM-007). */
export const CONNECTION_TARGET = ['dialect', 'host', 'port', 'user', 'tls', 'ca', 'tlsServerName'] as const;

/** The name that the certificate must have. Drivers compare an address with "localhost", or with nothing. */
export const certificateName = (to: Pick<Connection, 'host' | 'tlsServerName'>): string => to.tlsServerName ?? to.host;

export const portOf = ({ dialect, port }: Pick<Connection, 'dialect' | 'port'>): number => port ?? PORTS[dialect];

/** For `.refine`: an address has no name that a certificate could show. */
export const namesItsServer = (to: Pick<Connection, 'host' | 'tls' | 'tlsServerName'>): boolean =>
  to.tls === 'off' || isIP(certificateName(to)) === 0;
export const NAMES_NO_SERVER = {
  path: ['tlsServerName'],
  message: 'the host is an address: say which name the server’s certificate has',
};

export function connectionWarnings(settings: Record<string, unknown>): string[] {
  const untested = settings['dialect'] === 'oracle' || settings['dialect'] === 'sqlserver';
  return [
    ...(settings['tls'] === 'off'
      ? [
          'The connection to the database is not encrypted and its server not verified: whoever is on the way reads the hashes and can answer in its place.',
        ]
      : []),
    ...(untested
      ? [
          'This driver was never tried by us against a real server: test the connection and a person before relying on it.',
        ]
      : []),
  ];
}
