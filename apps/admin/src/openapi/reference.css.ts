export const REFERENCE_CSS = `
:root{color-scheme:light dark;--ground:#fbfbfa;--card:#fff;--ink:#1c1f23;--soft:#5b636d;--edge:#e3e5e8;--accent:#2d5bd7;--code:#f1f2f4;
--get:#1f6feb;--post:#1a7f4b;--put:#9a5b00;--patch:#7a4fc0;--delete:#b42335}
@media (prefers-color-scheme:dark){:root{--ground:#111418;--card:#181c22;--ink:#e7eaee;--soft:#9aa4b0;--edge:#2a3038;--accent:#84a9ff;--code:#20262e;
--get:#79b0ff;--post:#5fd39a;--put:#f0b35c;--patch:#c2a3ff;--delete:#ff8a97}}
*{box-sizing:border-box}
html{scroll-padding-top:4.5rem}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:anywhere}
a{color:var(--accent);text-decoration-thickness:1px;text-underline-offset:2px}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:4px}
.skip{position:absolute;left:-999px}.skip:focus{left:1rem;top:.75rem;z-index:3;background:var(--card);padding:.4rem .8rem}
.top{position:sticky;top:0;z-index:2;display:flex;gap:.75rem;align-items:center;padding:.7rem 1.25rem;background:var(--card);border-bottom:1px solid var(--edge)}
.mark{flex:none;width:1.1rem;height:1.1rem;border-radius:50%;border:.28rem solid var(--accent);border-right-color:transparent;transform:rotate(45deg)}
.version{color:var(--soft);font-size:.85rem}.raw{margin-left:auto;font-size:.9rem;white-space:nowrap}
.frame{max-width:78rem;margin:0 auto;display:grid;grid-template-columns:17rem minmax(0,1fr)}
nav{position:sticky;top:3.4rem;align-self:start;max-height:calc(100vh - 3.4rem);overflow:auto;padding:1.25rem 1rem 2rem 1.25rem;font-size:.875rem}
nav summary{cursor:pointer;font-weight:600}
@media (min-width:52.01rem){@supports selector(::details-content){nav summary{display:none}nav details::details-content{content-visibility:visible}}}
nav ul{list-style:none;margin:0;padding:0}
nav li a{display:flex;gap:.5rem;align-items:baseline;padding:.2rem .4rem;border-radius:6px;color:var(--ink);text-decoration:none}
nav li a:hover{background:var(--code)}
.part{display:block;margin:1.1rem 0 .3rem;padding:0 .4rem;font-size:.75rem;font-weight:600;letter-spacing:.04em;text-transform:uppercase;color:var(--soft)}
a.part{margin-top:0;text-decoration:none}
main{padding:1.5rem 1.25rem 5rem;min-width:0}
h1{font-size:1.9rem;line-height:1.2;margin:.3rem 0 1rem}h2{font-size:1.35rem;margin:3rem 0 1rem}h3{font-size:1.1rem;margin:0 0 .5rem}
h4{font-size:.8rem;letter-spacing:.04em;text-transform:uppercase;color:var(--soft);margin:1.4rem 0 .5rem}
p{margin:.4rem 0}ul{padding-left:1.2rem}.intro li{margin:.35rem 0}
article{background:var(--card);border:1px solid var(--edge);border-radius:12px;padding:1.25rem;margin:0 0 1.25rem}
code,pre{font:.875em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
code{background:var(--code);border-radius:4px;padding:.1em .3em}
pre{background:var(--code);border-radius:8px;padding:.9rem 1rem;overflow:auto;margin:.6rem 0}pre code{background:none;padding:0;white-space:pre;overflow-wrap:normal}
.line{display:flex;gap:.6rem;align-items:center;flex-wrap:wrap;margin-bottom:.7rem}.path{background:none;padding:0;font-weight:600}
.verb{flex:none;display:inline-block;min-width:3.4rem;font:600 .7rem/1.7 ui-monospace,Menlo,Consolas,monospace;text-transform:uppercase;color:var(--soft)}
.line .verb{min-width:0;border:1px solid currentColor;border-radius:5px;padding:0 .45rem}
.get{color:var(--get)}.post{color:var(--post)}.put{color:var(--put)}.patch{color:var(--patch)}.delete{color:var(--delete)}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem}
th{text-align:left;font-size:.8rem;color:var(--soft);font-weight:600}th,td{padding:.45rem .8rem .45rem 0;border-bottom:1px solid var(--edge);vertical-align:top}
td p{margin:0}td details{margin-top:.3rem}td summary{cursor:pointer;color:var(--accent);font-size:.85rem}
.needed{font-size:.75rem;color:var(--delete)}.small{font-size:.875rem;color:var(--soft)}
.answers{list-style:none;padding:0;margin:0}.answers li{display:flex;gap:.8rem;padding:.25rem 0;font-size:.9rem}.answers p{margin:0}
.status{flex:none;font:600 .85rem/1.7 ui-monospace,Menlo,Consolas,monospace}.good{color:var(--post)}.bad{color:var(--soft)}
tr:target,article:target{outline:2px solid var(--accent);outline-offset:2px}
@media (max-width:52rem){.frame{display:block}nav{position:static;max-height:none;padding:1rem 1.25rem 0}
nav details[open]{padding-bottom:1rem;border-bottom:1px solid var(--edge)}main{padding-top:.5rem}article{padding:1rem}
.wide table,.wide tbody,.wide tr,.wide td{display:block}.wide thead{display:none}.wide tr{padding:.6rem 0;border-bottom:1px solid var(--edge)}
.wide td{border:0;padding:.1rem 0}}
@media (max-width:24rem){.version{display:none}h1{font-size:1.6rem}}
`;
