/** Compressed bytes unpacked under a limit, by Node's own zlib: it tells a limit from a fault. */
import { promisify } from "node:util";
import { inflate, inflateRaw, type InputType, type ZlibOptions } from "node:zlib";
import { PacketboatError } from "../errors.ts";

type Unpacker = (bytes: InputType, options: ZlibOptions) => Promise<Uint8Array>;

/** RFC 4880, 9.3. bzip2 (3) is left out: no tool uses it unless told to, and it packs 4 GB into 43 KB. */
const UNPACKERS: Readonly<Record<number, Unpacker>> = {
  1: promisify(inflateRaw),
  2: promisify(inflate),
};

/**
 * @param packed the body of a compressed frame: an octet for the algorithm, then the bytes
 * @param maxBytes that it may unpack to; no more memory is ever taken
 * @throws PacketboatError PACKET_TOO_BIG, PACKET_FORMAT (bzip2, or unknown), PACKET_DAMAGED
 */
export async function unpack(packed: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  const algorithm = packed[0] ?? 0;
  const unpacker = UNPACKERS[algorithm];
  if (!unpacker) {
    const sentence = `it is compressed with algorithm ${algorithm}; only zip (1) and zlib (2) are read`;
    throw new PacketboatError("PACKET_FORMAT", sentence, { facts: { algorithm } });
  }
  try {
    return await unpacker(packed.subarray(1), { maxOutputLength: maxBytes });
  } catch (cause) {
    const { code } = cause as { code?: unknown };
    if (code === "ERR_BUFFER_TOO_LARGE") {
      const sentence = `it unpacks to more than ${maxBytes} bytes`;
      throw new PacketboatError("PACKET_TOO_BIG", sentence, { facts: { maxBytes } });
    }
    throw new PacketboatError("PACKET_DAMAGED", "its compressed content is broken", { cause });
  }
}
