/** Every door of the provider that we open, and how one may knock. What is not here does not exist. */
const ROUTES: readonly [path: RegExp, methods: readonly string[]][] = [
  [/^\/auth$/, ['GET', 'POST']],
  [/^\/auth\/[A-Za-z0-9_-]{16,64}$/, ['GET']],
  [/^\/token$/, ['POST', 'OPTIONS']],
  [/^\/token\/introspection$/, ['POST', 'OPTIONS']],
  [/^\/token\/revocation$/, ['POST', 'OPTIONS']],
  [/^\/request$/, ['POST', 'OPTIONS']],
  [/^\/me$/, ['GET', 'POST', 'OPTIONS']],
  [/^\/jwks$/, ['GET', 'HEAD', 'OPTIONS']],
  [/^\/\.well-known\/(openid-configuration|oauth-authorization-server)$/, ['GET', 'HEAD', 'OPTIONS']],
  [/^\/session\/end$/, ['GET', 'POST']],
  [/^\/session\/ended$/, ['GET']],
];

/** The methods of a path, or undefined when there is nothing there. */
export const methodsOf = (path: string): readonly string[] | undefined =>
  ROUTES.find(([pattern]) => pattern.test(path))?.[1];

/** Documents that are the same for everybody until keys or the brand change. */
export const isDocument = (path: string): boolean => path === '/jwks' || path.startsWith('/.well-known/');
