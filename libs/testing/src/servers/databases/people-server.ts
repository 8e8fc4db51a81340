import type { Certificates } from '../certificates.js';

/** Somebody else's database of people, with an account for the broker that may only read. */
export interface PeopleServer {
  dialect: 'postgres' | 'mariadb';
  host: string;
  port: number;
  database: string;
  user: string;
  password: string;
  tls: Certificates;
  /** The name in its certificate. */
  serverName: string;
  /** As its owner; several statements at once. */
  admin(sql: string): Promise<void>;
  /** Stops answering, as a machine that hangs, until it is thawed. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}
