/** What the network team must open for a home, and what it need not. */
import { type Config, parseBoxAddress } from "../../config.ts";
import { parseMailServer } from "../../config/mail.ts";

const NOTHING_IN = "nothing comes in: no inbound rule, no listening port";
const SFTP_PORT = "22";

/** One paragraph, to be handed on. */
export function networkParagraph(config: Config): string {
  return config.role === "entity" ? entitysParagraph(config) : districtsParagraph(config);
}

function districtsParagraph({ server, mail }: Config): string {
  const address = server && parseBoxAddress(server.address);
  const boxes = !address
    ? ["the SFTP server with the drop boxes, TCP port 22 unless its address says otherwise"]
    : address.kind === "sftp"
      ? [`${address.host}, TCP port ${address.port} (SFTP, the drop boxes)`]
      : [];
  const outgoing = [...boxes, ...mailServer(mail)];
  if (outgoing.length === 0)
    return `nothing goes out, for the boxes are on this machine; ${NOTHING_IN}`;
  return `outgoing to ${outgoing.join(", and to ")}, and to the name service; ${NOTHING_IN}`;
}

function entitysParagraph({ server, mail }: Config): string {
  const url = URL.parse(server?.publicAddress ?? "");
  const place = url
    ? `${url.hostname}, TCP port ${url.port === "" ? SFTP_PORT : url.port}`
    : "this machine, TCP port 22";
  const outgoing = mailServer(mail);
  const out = outgoing.length === 0 ? "" : `; outgoing to ${outgoing.join(", and to ")}`;
  return `incoming from districts to ${place} (SFTP, which sshd serves), and no other inbound rule: packetboat itself listens on no port${out}`;
}

function mailServer(mail: Config["mail"]): string[] {
  const server = mail && parseMailServer(mail.server);
  return server ? [`${server.host}, TCP port ${server.port} (mail)`] : [];
}
