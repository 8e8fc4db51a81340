/** Mail programs know no style sheets and no dark mode worth relying on: everything stands on its element. */
export const letterTemplate = `<!doctype html>
<html lang="<%= it.lang %>" dir="<%= it.dir %>">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title><%= it.subject %></title></head>
<body style="margin:0;padding:24px 12px;background:#f2f4f8;color:#171a21;font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif">
<div style="max-width:480px;margin:0 auto;padding:28px 24px;background:#ffffff;border-radius:14px">
<p style="margin:0 0 20px;font-weight:600"><%= it.brand %></p>
<% it.paragraphs.forEach(function (paragraph) { %><p style="margin:0 0 16px"><%= paragraph %></p>
<% }) %><% if (it.action) { %><p style="margin:24px 0"><a href="<%= it.action.href %>" style="display:inline-block;padding:12px 20px;border-radius:10px;background:<%= it.colours.accent %>;color:<%= it.colours.onAccent %>;font-weight:600;text-decoration:none"><%= it.action.label %></a></p>
<p style="margin:0 0 16px;font-size:14px;color:#565e6e;overflow-wrap:anywhere;word-break:break-word"><%= it.action.href %></p>
<% } %><% if (it.closing) { %><p style="margin:24px 0 0;padding-top:16px;border-top:1px solid #d5dae4;font-size:14px;color:#565e6e"><%= it.closing %></p><% } %>
</div>
</body>
</html>
`;
