export type AdminApi = (method: string, path: string, body?: unknown) => Promise<Record<string, unknown>>;

const WITH_ETAG = ['PATCH', 'PUT', 'DELETE'];

/** The admin API over HTTP; throws unless the answer is a success. */
export function adminApi(origin: string, token: string): AdminApi {
  const authorization = `Bearer ${token}`;
  return async (method, path, body) => {
    const current = WITH_ETAG.includes(method)
      ? (await fetch(`${origin}${path}`, { headers: { authorization } })).headers.get('etag')
      : null;
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const answer = await fetch(`${origin}${path}`, {
      method,
      headers: {
        authorization,
        ...(body === undefined ? {} : { 'content-type': type }),
        ...(current === null ? {} : { 'if-match': current }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  };
}
