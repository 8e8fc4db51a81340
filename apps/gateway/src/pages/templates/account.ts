const token = `<input type="hidden" name="form_token" value="<%= it.token %>">`;

/** One thing of a list, what is known about it, and a small button to be rid of it. */
const row = (name: string, about: string, form: string): string =>
  `<li class="row"><div><strong><bdi>${name}</bdi></strong> ${about}</div>${form}</li>`;

const factors = `<section aria-labelledby="factors">
<h2 id="factors"><%= it.texts.account.factors %></h2>
<% if (!it.app && !it.passkeys.length) { %><p class="sub"><%= it.texts.account.noFactors %></p><% } %>
<ul class="plain rows">
<% if (it.app) { %>${row(
  `<%= it.texts.secondFactor.app %>`,
  `<span><%= it.texts.account.added(it.app) %></span>`,
  `<form method="post" action="/second-factor/remove">${token}<input type="hidden" name="app" value="1"><button class="button small" type="submit" aria-label="<%= it.texts.account.removeOne(it.texts.secondFactor.app) %>"><%= it.texts.account.remove %></button></form>`,
)}<% } %>
<% it.passkeys.forEach(function (one) { %>${row(
  `<%= it.texts.account.passkey(one.label) %>`,
  `<span><%= it.texts.account.added(one.added) %></span>`,
  `<form method="post" action="/second-factor/remove">${token}<input type="hidden" name="passkey" value="<%= one.id %>"><button class="button small" type="submit" aria-label="<%= it.texts.account.removeOne(one.label) %>"><%= it.texts.account.remove %></button></form>`,
)}<% }) %>
<% if (it.app || it.passkeys.length) { %>${row(
  `<%= it.texts.account.recoveryCodes %>`,
  `<span><%= it.texts.account.codesLeft(it.recoveryCodes) %></span>`,
  `<form method="post" action="/second-factor/recovery-codes">${token}<button class="button small" type="submit"><%= it.texts.account.renewCodes %></button></form>`,
)}<% } %>
</ul>
<p class="beside"><% if (!it.app) { %><a href="/second-factor/app"><%= it.texts.account.addApp %></a><% } %>
<a href="/second-factor/passkey"><%= it.texts.account.addPasskey %></a></p>
</section>`;

const links = `<% if (it.links.length || it.linkable.length) { %><section aria-labelledby="links">
<h2 id="links"><%= it.texts.account.links %></h2>
<ul class="plain rows">
<% it.links.forEach(function (one) { %>${row(
  `<%= one.label %>`,
  ``,
  `<form method="post" action="/account/unlink">${token}<input type="hidden" name="usersource" value="<%= one.usersource %>"><button class="button small" type="submit" aria-label="<%= it.texts.account.unlinkOne(one.label) %>"><%= it.texts.account.unlink %></button></form>`,
)}<% }) %>
<% it.linkable.forEach(function (one) { %>${row(
  `<%= one.label %>`,
  `<span><%= it.texts.account.notLinked %></span>`,
  `<form method="post" action="/account/link"><input type="hidden" name="usersource" value="<%= one.slug %>">${token}<button class="button small" type="submit" aria-label="<%= it.texts.account.linkOne(one.label) %>"><%= it.texts.account.link %></button></form>`,
)}<% }) %></ul>
</section><% } %>`;

const sessions = `<section aria-labelledby="sessions">
<h2 id="sessions"><%= it.texts.account.sessions %></h2>
<ul class="plain rows">
<% it.sessions.forEach(function (one) { %>${row(
  `<%= one.device %>`,
  `<span><%= one.here ? it.texts.account.thisOne : it.texts.account.seen(one.seen) %><% if (one.ip) { %> · <bdi><%= one.ip %></bdi><% } %> · <bdi><%= one.through %></bdi></span>`,
  `<% if (!one.here) { %><form method="post" action="/account/sessions/end">${token}<input type="hidden" name="session" value="<%= one.id %>"><button class="button small" type="submit" aria-label="<%= it.texts.account.endOne(one.device) %>"><%= it.texts.account.end %></button></form><% } %>`,
)}<% }) %></ul>
<% if (it.sessions.length > 1) { %><form method="post" action="/account/sessions/end">${token}
<input type="hidden" name="session" value="others"><button class="button" type="submit"><%= it.texts.account.endOthers %></button></form><% } %>
</section>`;

export const account = `<% layout('@layout') %>
<h1><%= it.texts.account.heading %></h1>
<div role="alert" aria-live="assertive"><% if (it.error) { %><p class="notice bad"><%= it.error %></p><% } %></div>
<dl>
<div><dt><%= it.texts.account.name %></dt><dd><bdi><%= it.person.name %></bdi></dd></div>
<% it.person.emails.forEach(function (email) { %><div><dt><%= it.texts.account.email %></dt><dd><bdi class="address"><%= email.value %></bdi><% if (email.verified) { %> <span class="tag"><%= it.texts.account.verified %></span><% } %></dd></div>
<% }) %><% if (it.person.username) { %><div><dt><%= it.texts.account.username %></dt><dd><bdi><%= it.person.username %></bdi></dd></div><% } %>
<% if (it.passwordHref) { %><div><dt><%= it.texts.account.password %></dt><dd><a href="<%= it.passwordHref %>"><%= it.texts.account.changePassword %></a></dd></div><% } %>
</dl>
${factors}
${links}
${sessions}
<p class="beside"><a href="<%= it.homeHref %>"><%= it.texts.account.back %></a></p>
`;
