import { bearsBrokenLines } from "./broken-lines.ts";
import { embeddedYard } from "./yards.ts";

bearsBrokenLines("the embedded SFTP server", embeddedYard);
