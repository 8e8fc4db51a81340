/**
 * The only script of ours on a page: it asks the browser for a passkey and posts the answer as an ordinary form,
 * so that no request leaves the page by itself. Without it the button stays hidden and the other ways work.
 */
export const passkeyScript = `'use strict';
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\\+/g, '-').replace(/\\//g, '_').replace(/=+$/, '');
  const form = document.querySelector('form[data-passkey]');
  if (!form || !window.PublicKeyCredential) return;
  const kind = form.dataset.passkey;
  const options = JSON.parse(form.dataset.options);
  const list = (given) => (given || []).map((one) => ({ ...one, id: bytes(one.id) }));
  const ask = async () => {
    const publicKey = { ...options, challenge: bytes(options.challenge) };
    if (kind === 'create') {
      publicKey.user = { ...options.user, id: bytes(options.user.id) };
      publicKey.excludeCredentials = list(options.excludeCredentials);
      return navigator.credentials.create({ publicKey });
    }
    publicKey.allowCredentials = list(options.allowCredentials);
    return navigator.credentials.get({ publicKey });
  };
  const toJson = ({ id, rawId, type, response }) => {
    const answer = { clientDataJSON: text(response.clientDataJSON) };
    if (kind === 'create') {
      answer.attestationObject = text(response.attestationObject);
      answer.transports = response.getTransports ? response.getTransports() : [];
    } else {
      answer.authenticatorData = text(response.authenticatorData);
      answer.signature = text(response.signature);
      if (response.userHandle && response.userHandle.byteLength) answer.userHandle = text(response.userHandle);
    }
    return JSON.stringify({ id, rawId: text(rawId), type, response: answer, clientExtensionResults: {} });
  };
  const go = async () => {
    const failed = form.querySelector('[data-failed]');
    failed.hidden = true;
    try {
      const credential = await ask();
      form.elements.credential.value = toJson(credential);
      HTMLFormElement.prototype.submit.call(form);
    } catch {
      failed.hidden = false;
    }
  };
  form.hidden = false;
  for (const one of document.querySelectorAll('[data-noscript]')) one.hidden = true;
  form.addEventListener('submit', (event) => { event.preventDefault(); void go(); });
})();
`;
