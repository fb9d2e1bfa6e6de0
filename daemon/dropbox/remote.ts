/** Files on an SFTP server (version 3 of the protocol, which OpenSSH speaks), asked for over one line. */
import { constants } from "node:fs";
import { posix } from "node:path";
import type { FileEntryWithStats, SFTPWrapper, Stats } from "ssh2";
import { PacketboatError } from "../errors.ts";
import {
  type BoxFiles,
  type Doing,
  type Entry,
  type Failure,
  type OpenFile,
  boxRefusal,
} from "./files.ts";
import type { Answer, Line } from "./line.ts";

/** Status numbers: draft-ietf-secsh-filexfer-02, 7; the last two from version 6, which some servers use. */
const STATUS = { endOfFile: 1, noSuchFile: 2, denied: 3, failure: 4, noSpace: 14, quota: 15 };
/** The server takes more bits away: its umask is 0027 (PROTOCOL 5). */
const BOX_FILE_MODE = 0o640;

/** @param place where the server is, for people */
export function remoteFiles(sftp: SFTPWrapper, line: Line, place: string): BoxFiles {
  /** Ask, and name the failure if the server answers with one. */
  const ask = async <T>(
    doing: Doing,
    path: string,
    question: (answer: Answer<T>) => void,
  ): Promise<T> => {
    try {
      return await line.ask(question);
    } catch (error) {
      throw refusalOf(doing, place + path, line, error);
    }
  };
  /** The same, where a bare "done" would be no answer. */
  const askFor = async <T>(
    doing: Doing,
    path: string,
    question: (answer: Answer<T>) => void,
  ): Promise<T> => {
    const value = await ask(doing, path, question);
    if (value === undefined) throw refusalOf(doing, place + path, line, undefined);
    return value;
  };

  const served = (handle: Buffer, path: string): OpenFile => ({
    isFar: true,
    read: async (into, position) =>
      await askFor<number>("read", path, (answer) => {
        sftp.read(handle, into, 0, into.length, position, answer);
      }),
    write: (bytes, position) =>
      ask("write", path, (answer) => {
        sftp.write(handle, bytes, 0, bytes.length, position, answer);
      }),
    sync: async () => {
      if (!offersSync(sftp)) return;
      await ask("write", path, (answer) => sftp.ext_openssh_fsync(handle, answer));
    },
    close: () => ask("write", path, (answer) => sftp.close(handle, answer)),
  });

  return {
    origin: place,
    syncs: offersSync(sftp),
    entries: async function* (folder) {
      const handle = await askFor<Buffer>("list", folder, (answer) => sftp.opendir(folder, answer));
      try {
        for (;;) {
          const batch = await askFor<FileEntryWithStats[] | null>("list", folder, (answer) => {
            sftp.readdir(handle, untilTheEnd(answer));
          });
          if (batch === null) return;
          yield batch.map(asEntry);
        }
      } finally {
        await ask("list", folder, (answer) => sftp.close(handle, answer)).catch(() => undefined);
      }
    },
    look: async (path) => {
      const stats = await askFor<Stats | null>("look at", path, (answer) => {
        sftp.lstat(path, (error, found) => {
          if (statusOf(error) === STATUS.noSuchFile) answer(null, null);
          else answer(error, found);
        });
      });
      return stats && asEntry({ filename: posix.basename(path), longname: "", attrs: stats });
    },
    create: async (path) => {
      const handle = await askFor<Buffer>("add", path, (answer) => {
        sftp.open(path, "wx", { mode: BOX_FILE_MODE }, answer);
      });
      return served(handle, path);
    },
    open: async (path) =>
      served(await askFor<Buffer>("open", path, (answer) => sftp.open(path, "r", answer)), path),
    rename: (from, to) => ask("rename", from, (answer) => sftp.rename(from, to, answer)),
    remove: (path) => ask("remove", path, (answer) => sftp.unlink(path, answer)),
  };
}

const untilTheEnd =
  (answer: Answer<FileEntryWithStats[] | null>) =>
  (error: Error | undefined, batch: FileEntryWithStats[]): void => {
    if (statusOf(error) === STATUS.endOfFile) answer(null, null);
    else answer(error, batch);
  };

/** A server may leave any of the attributes out. */
function asEntry(found: {
  filename: string;
  longname: string;
  attrs: { readonly [name in "mode" | "size" | "mtime" | "uid"]?: number };
}): Entry {
  const { mode = 0, size, mtime = 0, uid } = found.attrs;
  const isFile = (mode & constants.S_IFMT) === constants.S_IFREG && size !== undefined;
  const isFolder = (mode & constants.S_IFMT) === constants.S_IFDIR;
  const links = linksIn(found.longname);
  return {
    name: found.filename,
    kind: isFile ? "file" : isFolder ? "folder" : "other",
    size: size ?? 0,
    modifiedAt: new Date(mtime * 1000),
    ...(uid === undefined ? {} : { owner: uid }),
    ...(found.attrs.mode === undefined ? {} : { mode: mode & 0o7777 }),
    ...(links === null ? {} : { links }),
  };
}

/** The protocol has no number of links, but OpenSSH lists a file as `ls -l` does: mode, links, owner … */
function linksIn(longname: string): number | null {
  const links = /^-[-rwxsStT]{9}[+@.]? +([0-9]{1,9}) /.exec(longname)?.[1];
  return links === undefined ? null : Number(links);
}

/** ssh2 keeps what the server offers to itself, and throws if it is asked for more. */
function offersSync(sftp: SFTPWrapper): boolean {
  const offered: unknown = Reflect.get(sftp, "_extensions");
  return (
    typeof offered === "object" &&
    offered !== null &&
    Reflect.get(offered, "fsync@openssh.com") === "1"
  );
}

function refusalOf(doing: Doing, path: string, line: Line, error: unknown): PacketboatError {
  if (error instanceof PacketboatError) return error;
  const status = statusOf(error);
  if (status !== null) return boxRefusal(doing, failureOf(doing, status), path, status, error);
  // No status: the server closed the channel, or sent what is no answer to the question.
  const reason = new PacketboatError("BOX_UNREACHABLE", `${path}: the server ended the session`, {
    cause: error,
  });
  line.lose(reason);
  return reason;
}

function failureOf(doing: Doing, status: number): Failure {
  if (status === STATUS.noSuchFile) return "absent";
  if (status === STATUS.denied) return "denied";
  if (status === STATUS.noSpace || status === STATUS.quota) return "full";
  // Version 3 has no number for a full disk: of an open file, that is what a failed write means.
  return doing === "write" && status === STATUS.failure ? "full" : "failed";
}

function statusOf(error: unknown): number | null {
  if (typeof error !== "object" || error === null) return null;
  const code: unknown = Reflect.get(error, "code");
  return typeof code === "number" ? code : null;
}
