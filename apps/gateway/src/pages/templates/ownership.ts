/** Whose account is it? First what can be done, then the code that was mailed. */
export const ownership = `<% layout('@layout') %>
<h1><%= it.heading %></h1>
<p class="sub"><%~ it.withAddresses(it.text) %></p>
<div class="stack">
<a class="button primary" href="<%= it.action %>/sign-in"><%= it.texts.ownership.signIn %></a>
<form method="post" action="<%= it.action %>/mail" class="stack">
<input type="hidden" name="form_token" value="<%= it.token %>">
<button class="button" type="submit"><%= it.texts.ownership.mail %></button>
</form>
<form method="post" action="<%= it.action %>" class="stack">
<input type="hidden" name="form_token" value="<%= it.token %>">
<button class="button quiet" type="submit" name="answer" value="no"><%= it.texts.ownership.no %></button>
</form>
</div>
`;

export const ownershipCode = `<% layout('@layout') %>
<h1><%= it.heading %></h1>
<p class="sub"><%~ it.withAddresses(it.text) %></p>
<div role="alert" aria-live="assertive"><% if (it.error) { %><p class="notice bad" id="error"><%= it.error %></p><% } %></div>
<form method="post" action="<%= it.action %>/code" class="stack">
<input type="hidden" name="form_token" value="<%= it.token %>">
<div class="field">
<label for="code"><%= it.texts.ownership.code %></label>
<input id="code" name="code" type="text" autocomplete="one-time-code" autocapitalize="characters" spellcheck="false" required maxlength="20" autofocus<%~ it.error ? ' aria-describedby="error" aria-invalid="true"' : '' %>>
</div>
<button class="button primary" type="submit"><%= it.texts.ownership.submit %></button>
</form>
<p class="sub center"><a href="<%= it.action %>"><%= it.otherWay || it.texts.ownership.otherWay %></a></p>
`;
