/**
 * Multipass login handler. Node 18 or newer, nothing to install.
 *
 *   node multipass.mjs     a first try, on http://127.0.0.1:8000/multipass
 *
 * In Express: app.get('/multipass', (req, res) => res.redirect(multipassUrl(req.session.user)));
 */
import { createCipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';

// The three lines to change, here or in the environment.
const siteKey = process.env.MULTIPASS_SITE_KEY ?? ''; // the usersource's siteKey: lower case, no domain
const apiKey = process.env.MULTIPASS_API_KEY ?? ''; // the usersource's apiKey: keep it out of the repository
const callback = process.env.MULTIPASS_CALLBACK ?? ''; // https://<your broker>/customer/authentication/multipass/callback

/** Replace this by the way your own site knows who is signed in. */
function signedInUser(_request) {
  return undefined; // { uid: …, email: …, name: … }
}

export function multipassUrl(user) {
  if (!siteKey || !apiKey || !callback) throw new Error('Multipass is not configured.');
  const json = JSON.stringify({
    uid: String(user.uid), // never changes, never given to somebody else
    customer_email: user.email,
    customer_name: user.name,
    expires: new Date(Date.now() + 5 * 60_000).toISOString(),
    // customer_custom_department: user.department,
    // to: 'https://help.example.com/orders',
  });
  const key = createHash('sha1')
    .update(apiKey + siteKey)
    .digest()
    .subarray(0, 16);
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-128-cbc', key, iv);
  const multipass = Buffer.concat([iv, cipher.update(json, 'utf8'), cipher.final()]).toString('base64');
  const signature = createHmac('sha1', apiKey).update(multipass).digest('base64');
  return `${callback}?multipass=${encodeURIComponent(multipass)}&signature=${encodeURIComponent(signature)}`;
}

export function handle(request, response, userOf = signedInUser) {
  const user = userOf(request);
  const location = user ? multipassUrl(user) : `/login?then=${encodeURIComponent('/multipass')}`;
  response.writeHead(302, { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' }).end();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  createServer((request, response) => handle(request, response)).listen(8000, '127.0.0.1');
}
