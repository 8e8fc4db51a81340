/* The peer on its own: SAML in, OpenID Connect out, everything in memory. Told by its parent over IPC. */
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { URL, URLSearchParams } from 'node:url';

import { controllers } from '@boxyhq/saml-jackson';

process.once('message', async ({ port, metadata, redirect, clientId, clientSecret }) => {
  const origin = `http://127.0.0.1:${port}`;
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = (key, type) => Buffer.from(key.export({ format: 'pem', type })).toString('base64');
  const { oauthController, connectionAPIController } = await controllers({
    externalUrl: origin,
    samlAudience: `${origin}/sp`,
    samlPath: '/acs',
    idpEnabled: false,
    clientSecretVerifier: clientSecret,
    db: { engine: 'mem', ttl: 300, cleanupLimit: 1000 },
    openid: {
      jwsAlg: 'RS256',
      jwtSigningKeys: { private: pem(pair.privateKey, 'pkcs8'), public: pem(pair.publicKey, 'spki') },
    },
    logger: { info: () => undefined, warn: console.warn, error: console.error },
  });
  await connectionAPIController.createSAMLConnection({
    tenant: 'acme.test',
    product: 'bench',
    rawMetadata: metadata,
    redirectUrl: JSON.stringify([redirect]),
    defaultRedirectUrl: redirect,
  });
  const named = (form) =>
    form.client_id === clientId ? { ...form, client_id: 'tenant=acme.test&product=bench' } : form;
  const credentials = (header = '') => {
    const [id, secret] = Buffer.from(header.replace(/^Basic /, ''), 'base64')
      .toString()
      .split(':');
    return header.startsWith('Basic ') ? { client_id: id, client_secret: secret } : {};
  };
  const discovery = {
    issuer: origin,
    ...{ authorization_endpoint: `${origin}/authorize`, token_endpoint: `${origin}/token` },
    ...{
      introspection_endpoint: `${origin}/none`,
      userinfo_endpoint: `${origin}/userinfo`,
      jwks_uri: `${origin}/jwks`,
    },
  };
  const answers = {
    '/.well-known/openid-configuration': async () => ({ json: discovery }),
    '/authorize': async (form) => ({ to: (await oauthController.authorize(named(form))).redirect_url }),
    '/acs': async (form) => ({ to: (await oauthController.samlResponse(form)).redirect_url }),
    '/token': async (form, header) => ({
      json: await oauthController.token(named({ ...form, ...credentials(header) }), header),
    }),
  };
  createServer((request, response) => {
    let body = '';
    request.on('data', (piece) => (body += piece));
    request.on('end', async () => {
      const url = new URL(request.url, origin);
      const form = Object.fromEntries(request.method === 'POST' ? new URLSearchParams(body) : url.searchParams);
      try {
        const { to, json } = await answers[url.pathname](form, request.headers.authorization);
        if (to) response.writeHead(302, { location: to }).end();
        else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(json));
      } catch (error) {
        response.writeHead(500).end(String(error?.stack ?? error));
      }
    });
  }).listen(port, '127.0.0.1', () => console.log('passbroker-bench ready'));
});
