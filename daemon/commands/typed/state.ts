import { PacketboatError } from "../../errors.ts";

/**
 * @returns two capital letters
 * @throws PacketboatError USAGE
 */
export function stateIn(text: string): string {
  if (/^[A-Za-z]{2}$/.test(text)) return text.toUpperCase();
  const typed = JSON.stringify(text.slice(0, 40));
  throw new PacketboatError("USAGE", `${typed} is no state: name it by two letters, like MN`);
}
