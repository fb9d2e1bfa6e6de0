import { noOpenSsh } from "../openssh.ts";
import { bearsBrokenLines } from "./broken-lines.ts";
import { embeddedYard, openSshYard } from "./yards.ts";

bearsBrokenLines("the embedded SFTP server", embeddedYard);
bearsBrokenLines("OpenSSH", openSshYard, { skipped: noOpenSsh });
