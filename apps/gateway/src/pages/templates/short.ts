/** Pages of a sentence and a button or two. */
export const confirm = `<% layout('@layout') %>
<h1><%~ it.withAddresses(it.heading) %></h1>
<p class="sub"><%~ it.withAddresses(it.text) %></p>
<form method="post" action="<%= it.action %>" class="stack">
<input type="hidden" name="form_token" value="<%= it.token %>">
<% it.hidden.forEach(function (field) { %><input type="hidden" name="<%= field.name %>" value="<%= field.value %>"><% }) %>
<button class="button primary" type="submit" name="answer" value="yes"><%= it.yes %></button>
<button class="button quiet" type="submit" name="answer" value="no"><%= it.no %></button>
</form>
`;

export const postForm = `<% layout('@layout') %>
<h1><%= it.texts.postForm.title %></h1>
<p class="sub"><%= it.texts.postForm.text %></p>
<form method="post" action="<%= it.action %>" class="stack">
<% it.hidden.forEach(function (field) { %><input type="hidden" name="<%= field.name %>" value="<%= field.value %>"><% }) %>
<button class="button primary" type="submit"><%= it.texts.postForm.submit %></button>
</form>
`;

export const error = `<% layout('@layout') %>
<div role="alert"><h1><%= it.heading %></h1>
<p class="sub"><%~ it.withAddresses(it.text) %></p></div>
<% if (it.again) { %><div class="stack"><a class="button primary" href="<%= it.again.href %>"><%= it.again.label %></a></div><% } %>
<% if (it.reference) { %><p class="reference"><%= it.texts.error.reference %> <code><%= it.reference %></code><br><span class="hint"><%= it.texts.error.referenceHint %></span></p><% } %>
`;

export const signedOut = `<% layout('@layout') %>
<h1><%= it.texts.signedOut.heading %></h1>
<p class="sub"><%= it.texts.signedOut.text %></p>
<div class="stack"><a class="button" href="/login"><%= it.texts.signedOut.again %></a></div>
`;
