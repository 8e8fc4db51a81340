/** Where a browser goes on when the upstream is done with it. */
export interface Return {
  url: URL;
  /** A form that the upstream's page posts by itself. */
  form?: Record<string, string>;
}

/** Plays a site behind a usersource, whose people are signed in there already. Its CPU is nobody's in the tables. */
export interface Upstream {
  isLogin(url: URL): boolean;
  comeBack(url: URL): Return | Promise<Return>;
  stop?(): Promise<void>;
}

/** As many people as sign in again and again: who is new costs a row in Postgres, which is not what is measured. */
export const PEOPLE = 32;
