export const layout = `<!doctype html>
<html lang="<%= it.texts.lang %>" dir="<%= it.texts.dir %>">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title><%= it.title %> · <%= it.brand.name %></title>
<link rel="icon" href="<%= it.assets.icon %>" type="image/svg+xml">
<link rel="stylesheet" href="<%= it.assets.css %>">
<link rel="stylesheet" href="<%= it.assets.accent %>">
<% if (it.script) { %><script src="<%= it.assets.passkey %>" defer></script>
<% } %></head>
<body>
<main class="card<%= it.wide ? ' wide' : '' %>">
<header class="brand">
<% if (it.brand.looks.logo) { %><img class="logo" src="<%= it.brand.looks.logo %>" alt="<%= it.brand.name %>">
<% } else { %><span class="mark" aria-hidden="true"><%= it.initial %></span><span class="name"><%= it.brand.name %></span>
<% } %></header>
<%~ it.body %>
</main>
<% if (it.brand.looks.supportUrl || it.languages.length) { %><footer class="foot">
<% if (it.brand.looks.supportUrl) { %><p><a href="<%= it.brand.looks.supportUrl %>" rel="noreferrer"><%= it.texts.error.support %></a></p><% } %>
<% if (it.languages.length) { %><nav aria-label="<%= it.texts.language.choose %>"><ul class="plain languages">
<% it.languages.forEach(function (one) { %><li><a href="<%= one.href %>" lang="<%= one.lang %>" hreflang="<%= one.lang %>" rel="nofollow"<%~ one.here ? ' aria-current="true"' : '' %>><%= one.name %></a></li>
<% }) %></ul></nav><% } %>
</footer><% } %>
</body>
</html>
`;
