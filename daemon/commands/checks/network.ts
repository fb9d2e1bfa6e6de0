import { networkParagraph } from "../showing/network.ts";
import { type Checking, type Finding, ok } from "./finding.ts";

/** To be handed to the network team; nothing is tried. */
export const checkNetwork = ({ config }: Checking): Finding =>
  ok("network", networkParagraph(config));
