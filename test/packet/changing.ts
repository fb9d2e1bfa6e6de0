/** Documents changed somewhere: mostly for the worse. */
import fc from "fast-check";
import type { XmlElement } from "../../daemon/packet/shape.ts";

/** What becomes of one element, beside its siblings. */
export type Change = (
  element: XmlElement,
  siblings: readonly XmlElement[],
) => readonly XmlElement[];

const WRONG_TEXTS = [
  ["", " ", " x", "x\n", "0", "-1", "007", "1e5", "0x1F", "x".repeat(80), "x".repeat(4001)],
  ["2009-02-29", "2008-02-29", "2009-13-01", "0000-00-00", "2024-07-25T24:00:00Z", "1899-12-31"],
  ["true", "TRUE", "Female", "female", "TEST", "R01", "Other", "1823", "9999", "é", "𠮷", "١"],
  ["a@b", "a b@c.example", "aa@bb.cc", "555-0100", "+1 555 0100", "01234", "../x.pdf", "x.pdf"],
].flat();

/** Another text, or another place, number or name of the elements. */
export const anyChange: fc.Arbitrary<Change> = fc.oneof(
  fc.constantFrom(...WRONG_TEXTS).map((text): Change => (old) => [{ ...old, text, children: [] }]),
  fc.constant<Change>(() => []),
  fc.constant<Change>((old) => [old, old]),
  fc.constant<Change>((old) => [{ ...old, name: `${old.name}s` }]),
  fc.constant<Change>((old) => [{ ...old, name: old.name.toLowerCase() }]),
  fc.constant<Change>((old) => [{ ...old, text: "", children: [...old.children].toReversed() }]),
  fc.nat().map((n): Change => (old, all) => [all[n % all.length] ?? old]),
  fc.nat().map((n): Change => (old, all) => [old, all[n % all.length] ?? old]),
);

/** Apply a change to the n-th element below the root. */
export function changed(root: XmlElement, where: number, change: Change): XmlElement {
  const all = count(root) - 1;
  let left = all === 0 ? 0 : where % all;
  const walk = (element: XmlElement): XmlElement => ({
    ...element,
    children: element.children.flatMap((child, _index, siblings) =>
      left-- === 0 ? change(child, siblings) : [walk(child)],
    ),
  });
  return walk(root);
}

/** Elements, the root among them. */
export const count = ({ children }: XmlElement): number =>
  children.reduce((sum, child) => sum + count(child), 1);

/** The element as text, without white space between the elements. */
export function written({ name, text, children }: XmlElement): string {
  const inner = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return `<${name}>${children.length > 0 ? children.map(written).join("") : inner}</${name}>`;
}

/** One element of a document in the place of one of another: mostly of one of its own name. */
export function exchange(
  root: XmlElement,
  other: XmlElement,
  where: number,
  from: number,
): XmlElement {
  const all = below(other);
  return changed(root, where, (old) => {
    const alike = from % 4 === 0 ? [] : all.filter(({ name }) => name === old.name);
    const taken = alike.length > 0 ? alike : all;
    return [taken[from % taken.length] ?? old];
  });
}

/** Two children of one element, each in the place of the other. */
export function disordered(root: XmlElement, where: number, one: number, two: number): XmlElement {
  const parents = [root, ...below(root)].filter(({ children }) => children.length > 1);
  const parent = parents[where % parents.length];
  const walk = (element: XmlElement): XmlElement =>
    element === parent
      ? { ...element, children: swapped(element.children, one, two) }
      : { ...element, children: element.children.map(walk) };
  return walk(root);
}

function swapped<T>(all: readonly T[], one: number, two: number): T[] {
  const [first, second] = [one % all.length, two % all.length];
  return all.map((each, index) =>
    index === first ? (all[second] ?? each) : index === second ? (all[first] ?? each) : each,
  );
}

const below = ({ children }: XmlElement): XmlElement[] =>
  children.flatMap((child) => [child, ...below(child)]);
