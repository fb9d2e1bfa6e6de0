import { describe, expect, it } from "vitest";
import { parseBoxAddress, placeOf, siblingBox } from "../../daemon/config/address.ts";
import { parseAgencyId } from "../../daemon/ids.ts";
import { refused } from "../dropbox/contract.ts";

describe("the address of a drop box", () => {
  it("names user, server, port and folder", () => {
    expect(parseBoxAddress("sftp://lea0634320@sftp.example.org:2222/boxes/0634320")).toEqual({
      kind: "sftp",
      user: "lea0634320",
      host: "sftp.example.org",
      port: 2222,
      folder: "/boxes/0634320",
    });
  });

  it("has port 22 if it names none, and needs no slash at its end", () => {
    expect(parseBoxAddress("sftp://lea0634320@[::1]/boxes/0634320/")).toMatchObject({
      host: "::1",
      port: 22,
      folder: "/boxes/0634320",
    });
  });

  it("may be a local folder, with spaces written as %20", () => {
    expect(parseBoxAddress("file:///srv/drop%20boxes/0634320")).toEqual({
      kind: "folder",
      folder: "/srv/drop boxes/0634320",
    });
  });

  it.each([
    ["nothing", ""],
    ["a path", "/srv/boxes/0634320"],
    ["another protocol", "https://example.org/boxes/0634320"],
    ["no user", "sftp://sftp.example.org/boxes/0634320"],
    ["no server", "sftp:///boxes/0634320"],
    ["no folder", "sftp://lea0634320@sftp.example.org"],
    ["the root folder", "sftp://lea0634320@sftp.example.org/"],
    ["a query", "sftp://lea0634320@sftp.example.org/boxes?x=1"],
    ["hidden dots", "sftp://lea0634320@sftp.example.org/boxes/%2E%2E%2Fetc"],
    ["a newline", "sftp://lea0634320@sftp.example.org/boxes/a%0Ab"],
    ["a broken escape", "sftp://lea%ZZ@sftp.example.org/boxes/0634320"],
    ["a port out of range", "sftp://lea0634320@sftp.example.org:70000/boxes/0634320"],
    ["a server in a local address", "file://srv/boxes/0634320"],
    ["a local root", "file:///"],
  ])("is refused with %s", (_case, text) => {
    expect(() => parseBoxAddress(text)).toThrow(expect.toSatisfy(refused("CONFIG_INVALID")));
  });

  it("is refused with a password, which is not repeated", () => {
    const parse = () => parseBoxAddress("sftp://lea0634320:secret@sftp.example.org/boxes/0634320");
    expect(parse).toThrow(/password/);
    expect(parse).not.toThrow(/secret/);
  });

  it("leads to the boxes beside it, and to their boxes for tests", () => {
    const partner = parseAgencyId("4808940");
    expect(siblingBox("/boxes/0634320", partner, false)).toBe("/boxes/4808940");
    expect(siblingBox("/boxes/0634320", partner, true)).toBe("/boxes/4808940/test");
  });

  it("is shown without its folder, and without port 22", () => {
    const address = parseBoxAddress("sftp://lea0634320@[::1]:22/boxes/0634320");
    expect(address.kind === "sftp" && placeOf(address)).toBe("sftp://lea0634320@[::1]");
  });
});
