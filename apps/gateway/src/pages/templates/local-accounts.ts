/** Pages of the built-in accounts: register, lost password, change password. */
export const askForAddress = `<% layout('@layout') %>
<h1><%= it.heading %></h1>
<p class="sub"><%~ it.withAddresses(it.text) %></p>
<div role="alert" aria-live="assertive"><% if (it.error) { %><p class="notice bad" id="error"><%= it.error %></p><% } %></div>
<form method="post" action="<%= it.action %>" class="stack">
<input type="hidden" name="form_token" value="<%= it.token %>">
<% if (it.returnTo) { %><input type="hidden" name="return_to" value="<%= it.returnTo %>"><% } %>
<div class="field">
<label for="<%= it.field %>"><%= it.label %></label>
<input id="<%= it.field %>" name="<%= it.field %>" type="text" inputmode="email" autocomplete="<%= it.field %>" autocapitalize="none" spellcheck="false" required maxlength="320" value="<%= it.value %>" autofocus<%~ it.error ? ' aria-describedby="error" aria-invalid="true"' : '' %>>
</div>
<button class="button primary" type="submit"><%= it.submit %></button>
</form>
<p class="sub center"><a href="<%= it.back.href %>"><%= it.back.label %></a></p>
`;

export const note = `<% layout('@layout') %>
<div role="status"><h1><%= it.heading %></h1>
<% it.paragraphs.forEach(function (paragraph) { %><p class="sub"><%~ it.withAddresses(paragraph) %></p>
<% }) %></div>
<div class="stack"><a class="button" href="<%= it.way.href %>"><%= it.way.label %></a></div>
`;

export const setPassword = `<% layout('@layout') %>
<% const wrong = function (field) { return it.fault && it.fault.field === field ? ' aria-invalid="true" autofocus' : ''; }; %>
<% const described = function (field, hint) { return ' aria-describedby="' + (it.fault && it.fault.field === field ? 'error ' : '') + hint + '"'; }; %>
<h1><%= it.title %></h1>
<p class="sub"><%~ it.withAddresses(it.text) %></p>
<div role="alert" aria-live="assertive"><% if (it.fault) { %><p class="notice bad" id="error"><%= it.fault.text %></p><% } %></div>
<form method="post" action="<%= it.action %>" class="stack">
<input type="hidden" name="form_token" value="<%= it.token %>">
<div class="field">
<label for="account"><%= it.texts.localAccounts.account %></label>
<input id="account" type="text" autocomplete="username" readonly value="<%= it.email %>">
</div>
<% if (it.name !== undefined) { %><div class="field">
<label for="name"><%= it.texts.localAccounts.name %></label>
<input id="name" name="name" type="text" autocomplete="name" required maxlength="200" value="<%= it.name %>"<%~ wrong('name') %>>
</div><% } %>
<% if (it.old) { %><div class="field">
<label for="old_password"><%= it.texts.localAccounts.oldPassword %></label>
<input id="old_password" name="old_password" type="password" autocomplete="current-password" required maxlength="1024"<%~ wrong('old_password') %>>
</div><% } %>
<div class="field">
<label for="password"><%= it.texts.localAccounts.newPassword %></label>
<input id="password" name="password" type="password" autocomplete="new-password" required minlength="12" maxlength="1024"<%~ wrong('password') %><%~ described('password', 'rule') %>>
<p class="hint" id="rule"><%= it.texts.localAccounts.rule %></p>
</div>
<div class="field">
<label for="repeated"><%= it.texts.localAccounts.repeated %></label>
<input id="repeated" name="repeated" type="password" autocomplete="new-password" required minlength="12" maxlength="1024"<%~ wrong('repeated') %>>
</div>
<button class="button primary" type="submit"><%= it.submit %></button>
</form>
`;
