/** Floors and doors as a rule of the linter, so that an editor shows a wrong import as it is typed. */
import { relative, sep } from "node:path";
import { faultOf } from "./house.ts";

interface Named {
  readonly name?: string;
  readonly value?: unknown;
}

/** What the rule reads of the syntax tree (ESTree) where something is imported. */
interface Importing {
  readonly source?: Named | null;
  readonly importKind?: string;
  readonly exportKind?: string;
  readonly specifiers?: readonly (Importing & { imported?: Named; local?: Named; type: string })[];
}

interface Context {
  readonly cwd: string;
  readonly filename: string;
  report(fault: { node: unknown; message: string }): void;
}

const isOfTypes = (node: Importing): boolean =>
  node.importKind === "type" || node.exportKind === "type";

/** Names imported at run time; `*` for a whole module, and for an import that names nothing. */
function valuesOf(node: Importing): string[] {
  if (isOfTypes(node)) return [];
  if (!node.specifiers || node.specifiers.length === 0) return ["*"];
  const values = node.specifiers.filter((specifier) => !isOfTypes(specifier));
  return values.map(({ imported, local, type }) =>
    type === "ImportNamespaceSpecifier" ? "*" : ((imported ?? local)?.name ?? "default"),
  );
}

function create(context: Context): Record<string, (node: Importing) => void> {
  const path = relative(context.cwd, context.filename).split(sep).join("/");
  if (!path.startsWith("daemon/")) return {};
  const file = path.slice("daemon/".length);

  const look = (node: Importing, values: readonly string[]): void => {
    if (!node.source) return;
    const specifier = node.source.value;
    const message =
      typeof specifier === "string"
        ? faultOf(file, { specifier, values })
        : "an import names its module plainly, or nobody can check it";
    if (message !== null) context.report({ node: node.source, message });
  };
  return {
    ImportDeclaration: (node) => look(node, valuesOf(node)),
    ExportNamedDeclaration: (node) => look(node, valuesOf(node)),
    ExportAllDeclaration: (node) => look(node, isOfTypes(node) ? [] : ["*"]),
    ImportExpression: (node) => look(node, ["*"]),
    TSImportType: (node) => look(node, []),
  };
}

export default { meta: { name: "house" }, rules: { "floors-and-doors": { create } } };
