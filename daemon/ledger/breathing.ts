/**
 * The ledger answers at once, and to wait for an answer that is there already lets nothing else run:
 * thousands of statements in a row would keep sockets, timers and signals waiting for minutes, until the
 * server takes us for dead. So now and then everything else gets its turn.
 */
import { setImmediate as everythingElse } from "node:timers/promises";
import type {
  KyselyPlugin,
  PluginTransformQueryArgs,
  PluginTransformResultArgs,
  QueryResult,
  RootOperationNode,
  UnknownRow,
} from "kysely";

/** So long nothing else runs, at most, and for one statement more. */
const BREATH_AFTER_MS = 50;

export class Breathing implements KyselyPlugin {
  #since = performance.now();

  transformQuery({ node }: PluginTransformQueryArgs): RootOperationNode {
    return node;
  }

  async transformResult({ result }: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> {
    if (performance.now() - this.#since > BREATH_AFTER_MS) {
      await everythingElse();
      this.#since = performance.now();
    }
    return result;
  }
}
