/**
 * Set up before each test file. Notes each refusal and alert that the program raises, and changes nothing
 * about it: `PacketboatError` gets a parent that looks on, and `raiseAlert` a door through which it is called.
 */
import { afterAll, inject, vi } from "vitest";
import { PacketboatError } from "../../daemon/errors.ts";
import { addRaised, isProgram, type Raised, raised } from "./raised.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where this run gathers what was raised. */
    raisedFolder: string;
  }
}

/** Each is raised with the code of what came into the quarantine. */
const OF_QUARANTINE: ReadonlySet<string> = new Set([
  "PACKET_REFUSED",
  "MESSAGE_REFUSED",
  "RELAY_REFUSED",
]);

function note(what: Raised, stack: string | undefined): void {
  if (!raised.has(what) && isProgram(stack ?? "")) raised.add(what);
}

class LookedOn extends Error {
  constructor(message?: string, options?: ErrorOptions) {
    super(message, options);
    // Its code is there when the constructors have run.
    queueMicrotask(() => note(`error ${String(Reflect.get(this, "code"))}`, this.stack));
  }
}
Object.setPrototypeOf(PacketboatError, LookedOn);

vi.mock(import("../../daemon/ledger/alerts.ts"), async (original) => {
  const alerts = await original();
  const raiseAlert: typeof alerts.raiseAlert = (db, alert) => {
    const { stack } = new Error("raised");
    note(`alert ${alert.code}`, stack);
    if (OF_QUARANTINE.has(alert.code)) note(`kept ${String(alert.facts["code"])}`, stack);
    return alerts.raiseAlert(db, alert);
  };
  return { ...alerts, raiseAlert };
});

afterAll(() => {
  addRaised(inject("raisedFolder"), raised);
  raised.clear();
});
