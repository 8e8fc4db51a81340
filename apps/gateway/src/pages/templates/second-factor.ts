const alert = `<div role="alert" aria-live="assertive"><% if (it.error) { %><p class="notice bad" id="error"><%= it.error %></p><% } %></div>`;

const carried = `<input type="hidden" name="form_token" value="<%= it.token %>">
<% it.hidden.forEach(function (field) { %><input type="hidden" name="<%= field.name %>" value="<%= field.value %>"><% }) %>`;

const others = `<% if (it.others.length) { %><ul class="plain others">
<% it.others.forEach(function (way) { %><li><a href="<%= way.href %>"><%= way.label %></a></li>
<% }) %></ul><% } %>`;

/** Hidden until its script shows it: without script there is nothing it could do. */
const passkeyForm = `<form method="post" action="<%= it.passkey.action %>" class="stack" data-passkey="<%= it.passkey.kind %>" data-options="<%= it.passkey.options %>" hidden>
${carried}
<input type="hidden" name="credential" value="">
<% if (it.passkey.label) { %><div class="field">
<label for="label"><%= it.texts.secondFactor.passkeyName %></label>
<input id="label" name="label" type="text" maxlength="60" value="<%= it.passkey.label %>">
</div><% } %>
<p class="notice bad" role="alert" data-failed hidden><%= it.texts.secondFactor.passkeyFailed %></p>
<button class="button primary" type="submit"><%= it.passkey.submit %></button>
</form>`;

/** Whoever cannot go on can at least go. */
const leave = `<form method="post" action="/logout" class="others"><input type="hidden" name="form_token" value="<%= it.token %>">
<button class="button quiet" type="submit"><%= it.texts.portal.signOut %></button></form>`;

const codeField = (autocomplete: string, mode: string): string =>
  `<input id="code" name="code" type="text" inputmode="${mode}" autocomplete="${autocomplete}" autocapitalize="none" spellcheck="false" required maxlength="40"<%~ it.error ? ' aria-describedby="error" aria-invalid="true"' : '' %><%~ it.passkey ? '' : ' autofocus' %>>`;

export const challenge = `<% layout('@layout') %>
<h1><%= it.heading %></h1>
<p class="sub"><%= it.text %></p>
${alert}
<% if (it.passkey) { %>${passkeyForm}
<% if (it.code) { %><p class="divider"><span><%= it.texts.signIn.or %></span></p><% } else { %><p class="notice" data-noscript><%= it.texts.secondFactor.needsScript %></p><% } %><% } %>
<% if (it.code) { %><form method="post" action="/second-factor" class="stack">
${carried}
<input type="hidden" name="with" value="<%= it.code %>">
<div class="field">
<label for="code"><%= it.code === 'app' ? it.texts.secondFactor.code : it.texts.secondFactor.recoveryCode %></label>
<% if (it.code === 'app') { %>${codeField('one-time-code', 'numeric')}<% } else { %>${codeField('off', 'text')}<% } %>
</div>
<button class="button<%= it.passkey ? '' : ' primary' %>" type="submit"><%= it.texts.secondFactor.submit %></button>
</form><% } %>
${others}
${leave}
`;

export const chooser = `<% layout('@layout') %>
<h1><%= it.heading %></h1>
<p class="sub"><%= it.text %></p>
<ul class="stack plain">
<% it.ways.forEach(function (way) { %><li><a class="button" href="<%= way.href %>"><%= way.label %></a></li>
<% }) %></ul>
${leave}
`;

export const newApp = `<% layout('@layout') %>
<h1><%= it.title %></h1>
<p class="sub"><%= it.text %></p>
${alert}
<div class="qr" role="img" aria-label="<%= it.texts.secondFactor.qrLabel %>"><%~ it.qr %></div>
<details class="secret"><summary><%= it.texts.secondFactor.byHand %></summary>
<p><code><%= it.secret %></code></p>
<p><a href="<%= it.uri %>"><%= it.texts.secondFactor.openApp %></a></p></details>
<form method="post" action="/second-factor/app" class="stack">
${carried}
<input type="hidden" name="setup" value="<%= it.setup %>">
<div class="field">
<label for="code"><%= it.texts.secondFactor.code %></label>
${codeField('one-time-code', 'numeric')}
</div>
<button class="button primary" type="submit"><%= it.texts.secondFactor.confirmApp %></button>
</form>
`;

export const newPasskey = `<% layout('@layout') %>
<h1><%= it.heading %></h1>
<p class="sub"><%= it.text %></p>
${alert}
<p class="notice" data-noscript><%= it.needsScript %></p>
${passkeyForm}
${others}
`;

export const recoveryCodes = `<% layout('@layout') %>
<h1><%= it.title %></h1>
<p class="sub"><%= it.text %></p>
<ul class="plain codes">
<% it.codes.forEach(function (code) { %><li><code><%= code %></code></li>
<% }) %></ul>
<div class="stack"><a class="button primary" href="<%= it.next.href %>"><%= it.next.label %></a></div>
`;
