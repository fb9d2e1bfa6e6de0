/**
 * From a page's data to one HTML file: no script, nothing from outside, every value escaped. The only
 * door to eta; the templates are texts, so that the published package needs no files beside its code.
 */
import { createHash } from "node:crypto";
import { Eta } from "eta";
import { visible } from "../alerts/say.ts";
import type { Page } from "./blocks.ts";
import { type Letter, LETTER, LETTER_STYLE, LINES } from "./letter.ts";
import { STYLE } from "./style.ts";

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Markup and control characters alike are shown, not obeyed. */
const escaped = (value: unknown): string =>
  visible(String(value)).replaceAll(/[&<>"']/g, (char) => ENTITIES[char] ?? "");

/** Nothing may be loaded or sent; the one style is named by its digest. */
const policyFor = (style: string): string =>
  [
    "default-src 'none'",
    `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");

/** What each printed page says at its foot; nothing that could end a text in CSS gets there. */
function styleOf({ running }: { readonly running: string }, style: string): string {
  const plain = running.replaceAll(/[^\p{L}\p{N} .,:()·-]/gu, "");
  return `${style}@page { @bottom-left { content: "${plain}"; } }\n`;
}

const LINE = `<% for (const piece of it.line) { %>
<% if (typeof piece === "string") { %><%= piece %>
<% } else if ("said" in piece) { %><bdi><%= piece.said %></bdi>
<% } else if ("whole" in piece) { %><bdi class="nowrap"><%= piece.whole %></bdi>
<% } else if ("strong" in piece) { %><strong><%= piece.strong %></strong>
<% } else if ("type" in piece) { %><code><%= piece.type %></code>
<% } else if ("reference" in piece) { %><code class="nowrap"><%= piece.reference %></code>
<% } else if ("groups" in piece) { %><span class="nowrap"><% for (const group of piece.groups) { %><span class="group"><%= group %></span><% } %></span>
<% } else if ("file" in piece) { %><a href="./<%= encodeURIComponent(piece.file) %>"><bdi><%= piece.shown %></bdi></a>
<% } else if ("page" in piece) { %><a href="./<%= piece.page %>"><%= piece.shown %></a>
<% } else if ("badge" in piece) { %><span class="badge <%= piece.badge %>"><%= piece.shown %></span>
<% } else if ("time" in piece) { %><time datetime="<%= piece.time %>"<% if (piece.time.length === 10) { %> class="nowrap"<% } %>><%= piece.shown %></time>
<% } else if ("blank" in piece) { %><span class="blank">&nbsp;</span><small>(<%= piece.blank %>)</small>
<% } else if ("small" in piece) { %><small><%= piece.small %></small>
<% } else { %><br><% } } %>`;

const FACTS = `<table class="facts"><tbody>
<% for (const [name, value] of it.block.rows) { %><tr><th scope="row"><%= name %></th><td><%~ include("@line", { line: value }) %></td></tr>
<% } %></tbody></table>`;

const TABLE = `<% const { caption, columns, rows, none } = it.block; if (rows.length === 0) { %><p><%= none %></p>
<% } else { %><div class="wide" tabindex="0" role="region" aria-label="<%= caption %>"><table><caption><%= caption %></caption>
<thead><tr><% for (const column of columns) { %><th scope="col"><%= column %></th><% } %></tr></thead>
<tbody>
<% for (const [first, ...others] of rows) { %><tr><th scope="row"><%~ include("@line", { line: first }) %></th>
<% for (const cell of others) { %><td><%~ include("@line", { line: cell }) %></td><% } %></tr>
<% } %></tbody></table></div>
<% } %>`;

const NOTICE = `<div class="notice <%= it.block.tone %>"><strong><%= it.block.title %></strong>
<% for (const line of it.block.lines) { %><p><%~ include("@line", { line }) %></p><% } %></div>`;

const CHOICES = `<ol class="choices">
<% for (const { title, line, type } of it.block.rows) { %><li><strong><%= title %></strong> <%~ include("@line", { line }) %><code><%= type %></code></li>
<% } %></ol>`;

const ALERT = `<% const alert = it.block; %><article class="alert <%= alert.tone %>"><header><h3><%= alert.title %></h3><small class="id">Alert <%= alert.id %></small></header>
<dl><dt>About</dt><dd><%~ include("@line", { line: alert.about }) %></dd>
<dt>What happened</dt><dd><%~ include("@line", { line: alert.happened }) %></dd>
<dt>What to do</dt><dd><%~ include("@line", { line: alert.todo }) %></dd>
<% if (alert.call) { %><dt>Whom to call</dt><dd><%~ include("@line", { line: alert.call }) %></dd>
<% } %><dt>Since</dt><dd><%~ include("@line", { line: alert.when }) %></dd></dl></article>`;

const PARAGRAPH = `<p><%~ include("@line", { line: it.block.line }) %></p>`;
const QUOTE = `<blockquote dir="auto"><%= it.block.text %></blockquote>`;

const DOCUMENT = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="<%= it.policy %>">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title><%= it.page.title %></title>
<style><%~ it.style %></style>
</head>
<body>
<%~ include(it.body, { page: it.page }) %>
</body>
</html>
`;

const PAGE = `<main>
<% if (it.page.isTest) { %><p class="test">Test traffic: this is no real request and no real record.</p><% } %>
<div class="top"><span><bdi><%= it.page.agency %></bdi></span>
<% if (it.page.nav.length > 0) { %><nav aria-label="Reports"><ul>
<% for (const { shown, page } of it.page.nav) { %><li><% if (page === null) { %><span aria-current="page"><%= shown %></span><% } else { %><a href="./<%= page %>"><%= shown %></a><% } %></li>
<% } %></ul></nav><% } %></div>
<p class="kicker"><%= it.page.kicker %></p>
<h1><%~ include("@line", { line: it.page.heading }) %></h1>
<p class="lead"><%~ include("@line", { line: it.page.lead }) %></p>
<% it.page.sections.forEach(({ title, blocks }, index) => { %><section aria-labelledby="s<%= index + 1 %>">
<h2 id="s<%= index + 1 %>"><%= title %></h2>
<% for (const block of blocks) { %><%~ include("@" + block.block, { block }) %>
<% } %></section>
<% }) %><footer>
<% for (const line of it.page.foot) { %><p><%~ include("@line", { line }) %></p>
<% } %></footer>
</main>`;

const eta = new Eta({ autoEscape: true, escapeFunction: escaped, cache: true });
const templates = {
  document: DOCUMENT,
  page: PAGE,
  letter: LETTER,
  lines: LINES,
  line: LINE.replaceAll("\n", ""),
  facts: FACTS,
  table: TABLE,
};
const blocks = {
  notice: NOTICE,
  choices: CHOICES,
  alert: ALERT,
  paragraph: PARAGRAPH,
  quote: QUOTE,
};
for (const [name, text] of Object.entries({ ...templates, ...blocks })) {
  eta.loadTemplate(`@${name}`, text);
}

/** The whole HTML file. Two pages of the same data are the same text. */
export const htmlOf = (page: Page): string => rendered("@page", page, styleOf(page, STYLE));

/** The same of a letter. */
export const letterOf = (letter: Letter): string =>
  rendered("@letter", letter, styleOf(letter, STYLE + LETTER_STYLE));

const rendered = (body: string, page: Page | Letter, style: string): string =>
  eta.render("@document", { body, page, policy: policyFor(style), style });
