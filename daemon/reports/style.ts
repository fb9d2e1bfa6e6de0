/** How pages look: a letter, on screen and on paper (A4 and Letter). Colours pass WCAG AA. */
export const STYLE = `
:root { color-scheme: light; --ink: #1b2a35; --soft: #4d5d69; --line: #d3dce2; --tint: #f3f6f8;
  --accent: #17506e; --urgent: #98201b; --attention: #7a4b00; --done: #21603a; }
* { box-sizing: border-box; }
body { margin: 0; background: #e9eef1; color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif; }
main { max-width: 62rem; margin: 1.5rem auto; padding: 2rem 2.5rem 2.5rem; background: #fff;
  border: 1px solid var(--line); border-top: 5px solid var(--accent); border-radius: 3px; }
.top { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; justify-content: space-between;
  color: var(--soft); font-size: .875rem; }
nav ul { display: flex; gap: 1.25rem; margin: 0; padding: 0; list-style: none; }
nav [aria-current] { color: var(--ink); font-weight: 600; }
a { color: var(--accent); text-underline-offset: .15em; }
a:focus-visible, .wide:focus-visible { outline: 3px solid #6aa9c9; outline-offset: 2px; }
.kicker { margin: 1.5rem 0 .1rem; color: var(--accent); font-size: .8125rem; font-weight: 600;
  letter-spacing: .07em; text-transform: uppercase; }
h1 { margin: 0; font-size: 1.75rem; line-height: 1.25; }
h2 { margin: 2.25rem 0 .6rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line);
  font-size: 1.1875rem; line-height: 1.3; }
h3 { margin: 0; font-size: 1.0625rem; line-height: 1.35; }
p { margin: .6rem 0; }
.lead { margin: .5rem 0 0; font-size: 1.0625rem; }
small { color: var(--soft); font-size: .875em; font-weight: 400; }
strong, small, code, th, td, .badge { unicode-bidi: isolate; }
.wide { overflow-x: auto; margin: .6rem 0 1.1rem; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { padding: .25rem 0 .35rem; text-align: left; color: var(--soft); font-size: .9375rem;
  font-weight: 600; }
th, td { padding: .42rem .9rem .42rem 0; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; overflow-wrap: anywhere; }
.wide th, .wide td { min-width: 4.5em; max-width: 26em; overflow-wrap: break-word; }
.wide tbody th { min-width: 8em; }
thead th { border-bottom: 2px solid var(--line); color: var(--soft); font-size: .875rem;
  font-weight: 600; overflow-wrap: normal; }
tbody th { font-weight: 600; }
.facts th { width: 15rem; color: var(--soft); font-weight: 400; }
.facts tr:last-child > * { border-bottom: 0; }
.group + .group { margin-left: .28em; }
.nowrap { white-space: nowrap; }
code { display: inline-block; max-width: 100%; padding: .1em .35em; overflow-wrap: anywhere; border-radius: 3px; background: var(--tint); font-size: .9em;
  font-family: ui-monospace, "Cascadia Mono", Consolas, "Liberation Mono", monospace; }
.badge { display: inline-block; padding: .05rem .5rem; border: 1px solid currentColor;
  border-radius: 3px; font-size: .8125rem; font-weight: 600; white-space: nowrap; color: var(--soft); }
.urgent { color: var(--urgent); } .attention { color: var(--attention); }
.info { color: var(--accent); } .done { color: var(--done); }
.notice, .alert { margin: 1rem 0; padding: .9rem 1.2rem; border: 1px solid var(--line);
  border-left: 5px solid var(--soft); border-radius: 3px; background: var(--tint); }
.notice.urgent, .alert.urgent { border-left-color: var(--urgent); color: var(--ink); }
.notice.attention, .alert.attention { border-left-color: var(--attention); color: var(--ink); }
.notice.info, .alert.info { border-left-color: var(--accent); color: var(--ink); }
.notice.done { border-left-color: var(--done); color: var(--ink); }
.notice p, .alert p { margin: .3rem 0 0; }
.notice > strong { display: block; }
.alert { background: #fff; }
.alert header { display: flex; flex-wrap: wrap; gap: .3rem .75rem; align-items: baseline; }
.alert header .id { margin-left: auto; }
.alert dl { display: grid; grid-template-columns: 8.5rem 1fr; gap: .3rem .75rem; margin: .7rem 0 0; }
.alert dt { color: var(--soft); }
.alert dd { margin: 0; }
blockquote { margin: .6rem 0; padding: .5rem 1rem; border-left: 3px solid var(--line);
  white-space: pre-wrap; overflow-wrap: anywhere; }
ol.choices { margin: .5rem 0 1rem; padding: 0; list-style: none; }
ol.choices li { padding: .6rem 0; border-bottom: 1px solid var(--line); }
ol.choices code { display: block; margin-top: .3rem; padding: .45rem .7rem; overflow-wrap: anywhere; }
.test { margin: 0 0 1rem; padding: .5rem 1rem; border: 1px dashed var(--attention);
  color: var(--attention); font-weight: 600; }
footer { margin-top: 2.5rem; padding-top: .8rem; border-top: 1px solid var(--line);
  color: var(--soft); font-size: .875rem; }
footer p { margin: .25rem 0; }
@media (max-width: 40rem) { main { margin: 0; padding: 1.25rem; border-radius: 0; }
  .facts th { width: 9rem; } .alert dl { grid-template-columns: 1fr; } .alert dd { margin-bottom: .4rem; } }
@page { margin: 14mm 15mm 17mm;
  @bottom-left { margin-top: 4mm; color: #4d5d69; font: 8pt system-ui, "Liberation Sans", Arial, sans-serif;
    vertical-align: top; white-space: nowrap; }
  @bottom-right { content: "Page " counter(page) " of " counter(pages); margin-top: 4mm; color: #4d5d69;
    font: 8pt system-ui, "Liberation Sans", Arial, sans-serif; vertical-align: top; } }
@media print {
  html { font-size: 9.5pt; }
  body { background: none; font-size: 1rem; line-height: 1.36; }
  main { max-width: none; margin: 0; padding: 0; border: 0; }
  nav { display: none; }
  a { color: inherit; text-decoration: none; }
  .wide { overflow: visible; }
  h1 { font-size: 17pt; } h2 { margin: 1.4rem 0 .5rem; font-size: 12.5pt; break-after: avoid; }
  thead { display: table-header-group; }
  caption, thead, h2 + p, p:has(+ blockquote) { break-after: avoid; }
  tr, .alert, .notice, blockquote, ol.choices li { break-inside: avoid; }
  .wide:not(:has(tbody tr:nth-child(9))), .facts:not(:has(tr:nth-child(19))) { break-inside: avoid; }
  tbody tr:nth-child(-n + 2), tbody tr:last-child { break-before: avoid; }
  th, td { padding-top: .2rem; padding-bottom: .2rem; }
  ol.choices li { padding: .45rem 0; }
  .notice, .alert { margin: .7rem 0; padding: .6rem 1rem; }
  footer { margin-top: 1.2rem; break-inside: avoid; break-before: avoid; }
  code { background: none; padding: 0; }
  .notice { background: none; }
}
`;
