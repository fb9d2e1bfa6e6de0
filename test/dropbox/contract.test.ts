import { keepsTheContract } from "./contract.ts";
import { embeddedYard, folderYard } from "./yards.ts";

keepsTheContract("a local folder", { keepsOwnersApart: false }, folderYard);
keepsTheContract("the embedded SFTP server", { keepsOwnersApart: true }, embeddedYard);
