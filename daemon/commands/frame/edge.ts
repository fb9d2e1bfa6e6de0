import type { Readable, Writable } from "node:stream";

/** The outside of a process, handed in: a command touches none of it by itself. */
export interface Edge {
  /** Without the program's own two. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly now: () => Date;
  /** Somebody asked for the end: Ctrl-C, or the service manager. Who asks for it must obey. */
  readonly signal: () => AbortSignal;
  /** Have these called when somebody says so from outside: read the config again, look what is due. */
  readonly listen: (calls: { readonly reload: () => void; readonly look: () => void }) => void;
}
