/** A directory wants another password first. Its rules are its own: this form says nothing of length. */
export const expiredPassword = `<% layout('@layout') %>
<% const wrong = function (field) { return it.fault && it.fault.field === field ? ' aria-invalid="true" aria-describedby="error" autofocus' : ''; }; %>
<h1><%= it.title %></h1>
<p class="sub"><%= it.text %></p>
<div role="alert" aria-live="assertive"><% if (it.fault) { %><p class="notice bad" id="error"><%= it.fault.text %></p><% } %></div>
<form method="post" action="<%= it.action %>" class="stack">
<input type="hidden" name="form_token" value="<%= it.token %>">
<input type="hidden" name="source" value="<%= it.source %>">
<% if (it.returnTo) { %><input type="hidden" name="return_to" value="<%= it.returnTo %>"><% } %>
<div class="field">
<label for="username"><%= it.texts.localAccounts.account %></label>
<input id="username" name="username" type="text" autocomplete="username" readonly maxlength="320" value="<%= it.username %>">
</div>
<div class="field">
<label for="password"><%= it.texts.localAccounts.oldPassword %></label>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="1024"<%~ wrong('password') %>>
</div>
<div class="field">
<label for="new_password"><%= it.texts.localAccounts.newPassword %></label>
<input id="new_password" name="new_password" type="password" autocomplete="new-password" required maxlength="1024"<%~ wrong('new_password') %>>
</div>
<div class="field">
<label for="repeated"><%= it.texts.localAccounts.repeated %></label>
<input id="repeated" name="repeated" type="password" autocomplete="new-password" required maxlength="1024"<%~ wrong('repeated') %>>
</div>
<button class="button primary" type="submit"><%= it.submit %></button>
</form>
`;
