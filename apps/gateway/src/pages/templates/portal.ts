export const guest = `<% layout('@layout') %>
<h1><%= it.texts.portal.guestHeading(it.brand.name) %></h1>
<p class="sub"><%= it.texts.portal.guestText %></p>
<div class="stack">
<a class="button primary" href="/login"><%= it.texts.portal.signIn %></a>
<a class="button quiet" href="/agent/"><%= it.texts.portal.agentSignIn %></a>
</div>
`;

export const portal = `<% layout('@layout') %>
<div class="person"><span class="avatar" aria-hidden="true"><%= it.avatar %></span>
<div><h1><%= it.texts.portal.hello(it.person.name) %></h1>
<% if (it.person.email) { %><p class="sub"><bdi><%= it.person.email %></bdi></p><% } %></div></div>
<dl>
<div><dt><%= it.texts.portal.signedInThrough %></dt><dd><bdi><%= it.person.through %></bdi></dd></div>
<div><dt><%= it.texts.portal.since %></dt><dd><time datetime="<%= it.person.since %>"><%= it.person.sinceText %></time></dd></div>
<div><dt><%= it.texts.portal.role %></dt><dd><%= it.person.role %></dd></div>
</dl>
<% if (it.areas.length) { %><nav class="areas"><ul class="plain">
<% it.areas.forEach(function (area) { %><li><a href="<%= area.href %>"<%~ area.here ? ' aria-current="page"' : '' %>><%= area.label %></a></li>
<% }) %></ul></nav><% } %>
<p class="beside"><a href="<%= it.areas.length > 0 ? '/agent/account' : '/account' %>"><%= it.texts.portal.account %></a></p>
<form method="post" action="/logout"><input type="hidden" name="form_token" value="<%= it.token %>">
<button class="button" type="submit"><%= it.texts.portal.signOut %></button></form>
`;
