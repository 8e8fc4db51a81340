/**
 * Takes the token out of the address, where history and shoulders would keep it, and puts it into the form. The
 * button is left to the person; without script they paste the link.
 */
export const recoveryScript = `'use strict';
(() => {
  const field = document.getElementById('token');
  const token = location.hash.slice(1);
  if (!field || !/^[A-Za-z0-9_-]{43}$/.test(token)) return;
  history.replaceState(null, '', location.pathname);
  field.value = token;
  field.form.querySelector('button').focus();
})();
`;
