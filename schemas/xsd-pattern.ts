/**
 * A pattern of the JSON Schemas, said in the regular expressions of XML Schema, which know less: no
 * anchors (they always match the whole text), no look-around, no lazy quantifiers. What would mean
 * something else there is refused here, so that both schemas accept the same texts.
 *
 * Source: XML Schema Part 2, appendix F; ECMA-262 with the flag `u`, as ajv compiles patterns.
 */
const TOKEN = /\\[pP]\{[^}]*\}|\\u\{[0-9a-fA-F]+\}|\\u[0-9a-fA-F]{4}|\\.|\(\?.|./gsu;
const SAME_IN_BOTH = /^\\(?:[-.\\|?*+(){}[\]^ntr]|[pP]\{[A-Z][a-z]?\})$/;
const QUANTIFIER = /^[*+?}]$/;
const SPECIAL = /^[-.\\|?*+(){}[\]^]$/;

/**
 * @param pattern anchored with `^…$`
 * @returns the same pattern without anchors, for `xs:pattern`
 * @throws Error naming the part that XML Schema would read otherwise
 */
export function xsdPattern(pattern: string): string {
  if (!/^\^.*\$$/s.test(pattern)) throw refused(pattern, "it is not anchored with ^ and $");
  let inClass = false;
  let depth = 0;
  let before = "";
  let text = "";
  for (const [token] of pattern.slice(1, -1).matchAll(TOKEN)) {
    const fault = inClass ? faultInClass(token) : faultOutside(token, before, depth);
    if (fault !== null) throw refused(pattern, fault);
    if (inClass ? token === "]" : token === "[") inClass = !inClass;
    else if (!inClass && token.startsWith("(")) depth++;
    else if (!inClass && token === ")") depth--;
    text += translated(token, pattern);
    before = token;
  }
  return text;
}

function faultInClass(token: string): string | null {
  return token === "[" ? "an unescaped [ inside a class subtracts in XML Schema" : null;
}

function faultOutside(token: string, before: string, depth: number): string | null {
  if (token === "^" || token === "$") return `${token} stands inside it`;
  if (token === ".") return "the dot differs on line separators: name the characters";
  if (token === "|" && depth === 0) return "an alternative outside parentheses escapes the anchors";
  if (token.startsWith("(?") && token !== "(?:") return `XML Schema does not know ${token}`;
  if (token === "?" && QUANTIFIER.test(before)) return "XML Schema has no lazy quantifiers";
  return null;
}

function translated(token: string, pattern: string): string {
  if (token === "(?:") return "(";
  if (!token.startsWith("\\")) return token;
  if (token === "\\$" || token === "\\/") return token.slice(1);
  if (token.startsWith("\\u"))
    return character(Number.parseInt(token.replaceAll(/[\\u{}]/g, ""), 16));
  if (!SAME_IN_BOTH.test(token)) throw refused(pattern, `${token} differs in XML Schema`);
  return token;
}

function character(codePoint: number): string {
  const char = String.fromCodePoint(codePoint);
  return SPECIAL.test(char) ? `\\${char}` : char;
}

const refused = (pattern: string, why: string): Error =>
  new Error(`the pattern ${pattern} has no equal in XML Schema: ${why}`);
