const list = `<dl>
<% it.rows.forEach(function (row) { %><div><dt><bdi><%= row.name %></bdi></dt><dd><bdi><%= row.value %></bdi></dd></div>
<% }) %></dl>`;

/** What came of trying a usersource's settings, for the admin who tried. */
export const trial = `<% layout('@layout') %>
<h1><%= it.heading %></h1>
<p class="notice<%= it.good ? '' : ' bad' %>" role="status"><%= it.text %></p>
${list}
<% if (it.said.length) { %><section aria-labelledby="said">
<h2 id="said"><%= it.texts.trial.said %></h2>
<dl>
<% it.said.forEach(function (row) { %><div><dt><bdi><%= row.name %></bdi></dt><dd><bdi><%= row.value %></bdi></dd></div>
<% }) %></dl>
</section><% } %>
`;
