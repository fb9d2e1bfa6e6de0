/** A drop folder and the ledger behind it, in a temporary folder: what take's tests look at. */
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Decided, Decision, Order } from "../../daemon/desk/decision.ts";
import type { TakingPoint } from "../../daemon/desk/intake.ts";
import { finishedFiles } from "../../daemon/desk/ready.ts";
import { newTransferId, referenceOf } from "../../daemon/ids.ts";
import { addAudit } from "../../daemon/ledger/audit.ts";
import { type Ledger, openLedger } from "../../daemon/ledger/connect.ts";
import { take, type Taking } from "../../daemon/outbound/take.ts";
import type { TakenDocument } from "../../daemon/desk/taken.ts";

const START = Date.parse("2024-07-25T12:00:00Z");
const STILL_SECONDS = 10;
/** As a config has it that says nothing of lists. */
export const LISTS: Taking["lists"] = {
  encoding: "auto",
  delimiter: "auto",
  columns: {},
  fixed: {},
  dateFormat: "yyyy-MM-dd",
  setting: "dropFolders.office.csv",
};

/** The power fails. */
export class PowerCut extends Error {}

export class Office {
  readonly root: string;
  readonly dropFolder: Taking["dropFolder"];
  ledger: Ledger;
  seconds = 0;
  /** What the rules would refuse, thrown instead of deciding. */
  refuse: (decision: Decision) => void = () => undefined;
  more: Partial<Taking> = {};
  /** The ending of markers, if files are finished by them. */
  marker: string | undefined;
  readonly #drop: string;
  #dropped = 0;

  private constructor(root: string, drop: string, ledger: Ledger) {
    this.root = root;
    this.#drop = drop;
    this.ledger = ledger;
    this.dropFolder = {
      name: "office",
      outbox: join(drop, "outbox"),
      sent: join(drop, "sent"),
      refused: join(drop, "refused"),
    };
  }

  /** @param elsewhere a folder on another file system for the drop folder */
  static async open(elsewhere?: string): Promise<Office> {
    const root = await mkdtemp(join(tmpdir(), "packetboat-office-"));
    const drop =
      elsewhere === undefined
        ? join(root, "office")
        : await mkdtemp(join(elsewhere, "packetboat-office-"));
    for (const name of ["outbox", "sent", "refused"])
      await mkdir(join(drop, name), { recursive: true });
    await mkdir(join(root, "intake"));
    await mkdir(join(root, "staging"));
    return new Office(root, drop, await openLedger(join(root, "ledger.sqlite")));
  }

  async close(): Promise<void> {
    await this.ledger.destroy();
    await rm(this.root, { recursive: true });
    await rm(this.#drop, { recursive: true, force: true });
  }

  /** As after a crash: nothing is remembered but what is on the disk. @param meanwhile nothing is open */
  async restart(meanwhile?: () => void): Promise<void> {
    await this.ledger.destroy();
    meanwhile?.();
    this.ledger = await openLedger(join(this.root, "ledger.sqlite"));
  }

  async drop(name: string, content: string | Uint8Array): Promise<void> {
    const path = join(this.dropFolder.outbox, name);
    await writeFile(path, content);
    // The clock of a file system ticks too slowly to tell one from the next.
    const time = new Date(Date.now() + ++this.#dropped);
    await utimes(path, time, time);
  }

  look() {
    const at = new Date(START + this.seconds * 1000);
    const { ledger } = this;
    return finishedFiles({
      ledger,
      folder: this.dropFolder.outbox,
      unchangedForSeconds: STILL_SECONDS,
      marker: this.marker,
      at,
    });
  }

  /** Look twice, the second time when everything has kept still, and take what is finished. */
  async take(passed?: (point: TakingPoint) => void): Promise<TakenDocument[]> {
    await this.look();
    this.seconds += STILL_SECONDS;
    return this.takeNow(passed);
  }

  /** Look once more, and take what is finished. */
  async takeNow(passed?: (point: TakingPoint) => void): Promise<TakenDocument[]> {
    const { ledger, root, marker } = this;
    const dropFolder = { ...this.dropFolder, marker };
    const taking: Taking = {
      ledger,
      dropFolder,
      intake: join(root, "intake"),
      staging: join(root, "staging"),
      lists: LISTS,
      documentBytes: 100_000,
      attachmentBytes: 10_000,
      at: new Date(START + this.seconds * 1000),
      decide: (order) => this.decide(order),
      ...(passed ? { passed } : {}),
      ...this.more,
    };
    const taken: TakenDocument[] = [];
    for await (const document of take(taking, await this.look())) taken.push(document);
    return taken;
  }

  /** Decides everything, and leaves one entry in the audit for each decision. */
  async decide(order: Order): Promise<void> {
    this.refuse(order.decision);
    const done: Decided = {
      reference: referenceOf(newTransferId()),
      state: "Requested",
      firstPerson: null,
      releases: [],
    };
    await this.ledger.transaction().execute(async (db) => {
      const { kind } = order.decision;
      const documents = "release" in order.decision ? order.decision.release.documents : [];
      const names = documents.map(({ fileName, mediaType }) => `${fileName} ${mediaType}`);
      const event = [kind, order.decidedBy ?? "nobody", ...names].join(", ");
      await addAudit(db, { at: order.at.toISOString(), event, subject: done.reference });
      await order.within(db, done);
    });
  }

  /** What was decided, in its order. */
  async decided(): Promise<string[]> {
    const rows = await this.ledger.selectFrom("audit").select("event").orderBy("number").execute();
    return rows.map(({ event }) => event);
  }

  /** Names in a folder, hidden ones too. */
  async names(folder: "outbox" | "sent" | "refused" | "intake" | "staging"): Promise<string[]> {
    const path =
      folder === "intake" || folder === "staging"
        ? join(this.root, folder)
        : this.dropFolder[folder];
    return (await readdir(path)).toSorted();
  }

  text(folder: "sent" | "refused", name: string): Promise<string> {
    return readFile(join(this.dropFolder[folder], name), "utf8");
  }

  async result(name: string): Promise<unknown> {
    return JSON.parse(await this.text("sent", `${name}.result.json`));
  }
}
