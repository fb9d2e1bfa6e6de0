/** What tests ask of an HTML file without a browser. */

/** Every tag in order, as it stands; links and times differ with what they name. */
export const tagsOf = (html: string): string[] =>
  [...html.matchAll(/<[^>]*>/g)].map(([tag]) =>
    tag.replaceAll(/ (?:href|datetime)="[^"]*"/g, "").replace(' class="nowrap"', ""),
  );

/** The text a person reads, with white space as single spaces. */
export const textIn = (html: string): string =>
  html
    .replace(/<head>.*<\/head>/s, "")
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&")
    .replaceAll(/\s+/g, " ")
    .trim();

/** Controls but tab and newline, and characters that turn the direction of writing. */
export const ACTING = /[[\p{Cc}\u2028-\u202E\u2066-\u2069\uFEFF]--[\t\n]]/v;
