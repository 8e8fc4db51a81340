/** The field is a password field: the token is not for the eyes behind the person, nor for the form history. */
export const recovery = `<% layout('@layout') %>
<h1><%= it.heading %></h1>
<p class="sub"><%= it.text %></p>
<form method="post" action="<%= it.action %>" class="stack">
<input type="hidden" name="form_token" value="<%= it.token %>">
<div class="field">
<label for="token"><%= it.texts.recovery.link %></label>
<input id="token" name="token" type="password" autocomplete="off" spellcheck="false" required maxlength="400" aria-describedby="token-hint">
<p class="hint" id="token-hint"><%= it.texts.recovery.hint %></p>
</div>
<button class="button primary" type="submit"><%= it.texts.recovery.submit %></button>
</form>
<% if (it.mail) { %><p class="divider"><span><%= it.texts.signIn.or %></span></p>
<form method="post" action="<%= it.action %>/mail" class="stack">
<input type="hidden" name="form_token" value="<%= it.token %>">
<div class="field">
<label for="email"><%= it.texts.recovery.email %></label>
<input id="email" name="email" type="text" inputmode="email" autocomplete="email" autocapitalize="none" spellcheck="false" required maxlength="320">
</div>
<button class="button" type="submit"><%= it.texts.recovery.mail %></button>
</form>
<% } %><script src="<%= it.assets.recovery %>" defer></script>
`;
