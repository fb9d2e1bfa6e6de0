/** What a letter is made of, and how it looks: laid out to be printed, signed, and answered on paper. */
import type { Line, Section } from "./blocks.ts";

export interface Letter {
  /** What the browser shows; without the student's name. */
  readonly title: string;
  readonly isTest: boolean;
  /** At the foot of every printed page. No student's name. */
  readonly running: string;
  /** Shown on the screen alone. */
  readonly toDo: readonly Line[];
  readonly from: readonly Line[];
  readonly date: Line;
  readonly to: readonly Line[];
  readonly subject: Line;
  readonly sections: readonly LetterSection[];
  /** Who signs, and for whom: a line to sign on stands above. */
  readonly signers: readonly [person: string, agency: string];
  readonly answer: AnswerForm;
}

/** A part of the letter; the first one has no title. */
export interface LetterSection extends Pick<Section, "blocks"> {
  readonly title: string | null;
}

/** For the other district, to be filled in by hand. */
export interface AnswerForm {
  readonly title: string;
  readonly lead: Line;
  /** An open one has a line to write on. */
  readonly choices: readonly { readonly says: string; readonly isOpen: boolean }[];
  readonly blanks: readonly string[];
}

/** Lines one below the other. */
export const LINES = `<% for (const line of it.lines) { %><%~ include("@line", { line }) %><br><% } %>`;

/** The template; only `template.ts` fills it in. */
export const LETTER = `<main class="letter">
<div class="todo"><% for (const line of it.page.toDo) { %><p><%~ include("@line", { line }) %></p><% } %></div>
<% if (it.page.isTest) { %><p class="test">Test traffic: this is no real request. Do not send it.</p><% } %>
<address class="from"><%~ include("@lines", { lines: it.page.from }) %></address>
<p class="date"><%~ include("@line", { line: it.page.date }) %></p>
<address class="to"><%~ include("@lines", { lines: it.page.to }) %></address>
<h1><%~ include("@line", { line: it.page.subject }) %></h1>
<% for (const { title, blocks } of it.page.sections) { %><section>
<% if (title !== null) { %><h2><%= title %></h2><% } %>
<% for (const block of blocks) { %><%~ include("@" + block.block, { block }) %>
<% } %></section>
<% } %><p class="signature"><span class="rule"></span><% for (const name of it.page.signers) { %><bdi><%= name %></bdi><br><% } %></p>
<section class="answer"><h2><%= it.page.answer.title %></h2>
<p><%~ include("@line", { line: it.page.answer.lead }) %></p>
<ul><% for (const { says, isOpen } of it.page.answer.choices) { %><li><span class="tick"></span><%= says %><% if (isOpen) { %> <span class="rule"></span><% } %></li><% } %></ul>
<dl><% for (const blank of it.page.answer.blanks) { %><div><dt><%= blank %></dt><dd class="rule"></dd></div><% } %></dl>
</section>
</main>`;

/** Beside the style of pages. On two sheets: what is asked, and the answer that comes back. */
export const LETTER_STYLE = `
.letter { max-width: 48rem; }
.letter address { font-style: normal; }
.letter .from { padding-bottom: .6rem; border-bottom: 1px solid var(--line); font-size: .9375rem; }
.letter .from strong { font-size: 1.1875rem; }
.letter .date { margin: 1rem 0; text-align: right; }
.letter .to { margin: 1rem 0 1.6rem; }
.letter h1 { font-size: 1.1875rem; }
.letter h2 { margin: 1.2rem 0 .3rem; border-bottom: 0; padding: 0; font-size: 1rem; }
.letter .facts th { width: 13rem; }
.letter .facts th, .letter .facts td { padding-top: .18rem; padding-bottom: .18rem; border-bottom: 0; }
.todo { margin: -.5rem 0 1.5rem; padding: .6rem 1.2rem; border-left: 5px solid var(--attention);
  background: var(--tint); }
.rule { display: block; height: 2rem; border-bottom: 1px solid var(--ink); }
.blank { display: inline-block; min-width: 13rem; margin-right: .3rem; border-bottom: 1px solid var(--ink); }
.signature { width: 20rem; margin: 1.4rem 0 0; break-inside: avoid; }
.answer { margin-top: 1.6rem; padding: .2rem 1.2rem 1rem; border: 1px solid var(--ink); break-inside: avoid; }
.answer ul { margin: .5rem 0; padding: 0; list-style: none; }
.answer li { display: flex; gap: .6rem; align-items: end; margin: .5rem 0; }
.answer .tick { flex: none; width: 1em; height: 1em; margin-bottom: .2em; border: 1px solid var(--ink); }
.answer li .rule { flex: 1; height: 1.2rem; }
.answer dl { display: grid; grid-template-columns: 1fr 1fr; gap: .3rem 2rem; margin: 0; }
.answer dl div { display: flex; flex-direction: column-reverse; }
.answer dt { color: var(--soft); font-size: .8125rem; }
.answer dd { margin: 0; }
@media print {
  .letter { max-width: none; }
  .todo { display: none; }
  .letter h2 { margin: .8rem 0 .2rem; font-size: 10.5pt; }
  .letter h1 { font-size: 12.5pt; }
  .letter .facts th, .letter .facts td { padding-top: .08rem; padding-bottom: .08rem; }
}
`;
