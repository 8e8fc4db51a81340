export const signIn = `<% layout('@layout') %>
<h1><%= it.heading %></h1>
<% if (it.application) { %><p class="sub"><%= it.texts.signIn.forApplication(it.application) %></p><% } %>
<div role="status" aria-live="polite"><% if (it.notice) { %><p class="notice"><%= it.notice %></p><% } %></div>
<div role="alert" aria-live="assertive"><% if (it.error) { %><p class="notice bad" id="error"><%= it.error %></p><% } %></div>
<% if (it.form) { %>
<form method="post" action="<%= it.form.action %>" class="stack">
<input type="hidden" name="form_token" value="<%= it.form.token %>">
<% if (it.form.returnTo) { %><input type="hidden" name="return_to" value="<%= it.form.returnTo %>"><% } %>
<div class="field">
<label for="username"><%= it.texts.signIn.username %></label>
<input id="username" name="username" type="text" inputmode="email" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="320" value="<%= it.form.username %>"<%~ it.error ? ' aria-describedby="error" aria-invalid="true"' : '' %><%~ it.form.username ? '' : ' autofocus' %>>
</div>
<div class="field">
<label for="password"><%= it.texts.signIn.password %></label>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="1024"<%~ it.error ? ' aria-describedby="error" aria-invalid="true"' : '' %><%~ it.form.username ? ' autofocus' : '' %>>
</div>
<button class="button primary" type="submit"><%= it.texts.signIn.submit %></button>
</form>
<% if (it.lostPasswordHref || it.registerHref) { %><p class="beside">
<% if (it.lostPasswordHref) { %><a href="<%= it.lostPasswordHref %>"><%= it.texts.signIn.lostPassword %></a><% } %>
<% if (it.registerHref) { %><a href="<%= it.registerHref %>"><%= it.texts.signIn.register %></a><% } %></p><% } %>
<% } %>
<% if (it.form && (it.passkeyHref || it.buttons.length || it.icons.length)) { %><p class="divider"><span><%= it.texts.signIn.or %></span></p><% } %>
<% if (it.passkeyHref) { %><p class="passkey"><a class="button" href="<%= it.passkeyHref %>"><%= it.texts.signIn.usePasskey %></a></p><% } %>
<% if (it.buttons.length) { %>
<ul class="stack plain">
<% it.buttons.forEach(function (way) { %><li><a class="button<%= it.form ? '' : ' primary' %>" href="<%= way.href %>"><%= it.texts.signIn.continueWith(way.label) %></a></li>
<% }) %></ul>
<% } %>
<% if (it.icons.length) { %>
<ul class="icons plain" aria-label="<%= it.texts.signIn.moreWays %>">
<% it.icons.forEach(function (way) { %><li><a class="icon" href="<%= way.href %>" aria-label="<%= it.texts.signIn.continueWith(way.label) %>" title="<%= way.label %>"><% if (way.mark) { %><%~ way.mark %><% } else { %><span aria-hidden="true"><%= way.initial %></span><% } %></a></li>
<% }) %></ul>
<% } %>
<% if (it.bypassHref) { %><p class="sub center"><a href="<%= it.bypassHref %>"><%= it.texts.signIn.otherOptions %></a></p><% } %>
`;
