import { noOpenSsh } from "../openssh.ts";
import { keepsTheContract } from "./contract.ts";
import { embeddedYard, folderYard, openSshYard } from "./yards.ts";

keepsTheContract("a local folder", { keepsOwnersApart: false }, folderYard);
keepsTheContract("the embedded SFTP server", { keepsOwnersApart: true }, embeddedYard);
keepsTheContract("OpenSSH", { keepsOwnersApart: true, skipped: noOpenSsh }, openSshYard);
