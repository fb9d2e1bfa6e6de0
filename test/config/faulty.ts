/** Configs with one fault each, and the sentence that tells of it. */
/** Whose home nobody has made. */
export const SMALLEST = `role: district
mode: test
agency:
  id: "2700105"
  name: Example Public Schools
  city: Example City
  state: MN
  zip: "55001"
  timeZone: America/Chicago
home: /var/lib/packetboat
dropFolders:
  office: { path: /srv/exchange/office }
reports:
  registrar: { path: /srv/exchange/office/reports }
  it: { path: /srv/exchange/it }
`;

/** With lines put instead of others. */
export function changed(from: string, to: string): string {
  if (!SMALLEST.includes(from)) throw new Error(`it has no ${from}`);
  return SMALLEST.replace(from, () => to);
}

/** Each is told of by this fault, among others. */
export const FAULTY: readonly (readonly [what: string, text: string, fault: string])[] = [
  [
    "a time zone that does not exist",
    changed("America/Chicago", "America/Chicagoo"),
    "packetboat.yaml:9: agency.timeZone: there is no time zone America/Chicagoo, did you mean America/Chicago?",
  ],
  [
    "an sftp server without a host key",
    `${SMALLEST}server:\n  address: sftp://lea@host.example/boxes/2700105\n`,
    "packetboat.yaml:16: server: hostKeys is required: ask the server's administrator",
  ],
  [
    "a host key that is none",
    `${SMALLEST}server:\n  address: sftp://lea@host.example/boxes/2700105\n  hostKeys: ["..."]\n`,
    "packetboat.yaml:18: server.hostKeys[1]: must be a fingerprint as `ssh-keygen -l` shows it: SHA256: and 43 characters",
  ],
  [
    "a box of another agency",
    `${SMALLEST}server: { address: "file:///srv/boxes/2700106" }\n`,
    "packetboat.yaml:16: server.address: must end with our own id: …/2700105",
  ],
  [
    "a password in the address",
    `${SMALLEST}server: { address: "sftp://lea:secret@host/boxes/2700105", hostKeys: ["SHA256:kSY2dmTanzqHch01JP/OMXdWmsEdje6ZJRJ39zPcgd8"] }\n`,
    "packetboat.yaml:16: server.address: this is not the address of a drop box: it has a password; packetboat logs in by its key",
  ],
  [
    "a drop folder with a relative path",
    changed("/srv/exchange/office }", "exchange/office }"),
    "packetboat.yaml:12: dropFolders.office.path: must be a whole path that begins with /",
  ],
  [
    "no drop folder called office",
    changed("office: {", "front: {"),
    "packetboat.yaml:11: dropFolders: office is required",
  ],
  [
    "two drop folders with one path, in other words",
    changed("office }", "office }\n  sis: { path: /srv/exchange/x/../office/ }"),
    "packetboat.yaml:13: dropFolders.sis.path: is the same folder as dropFolders.office.path",
  ],
  [
    "one drop folder inside another",
    changed("office }", "office }\n  sis: { path: /srv/exchange/office/sis }"),
    "packetboat.yaml:13: dropFolders.sis.path: lies inside dropFolders.office.path",
  ],
  [
    "a drop folder that holds the home",
    changed("path: /srv/exchange/office }", "path: /var/lib }"),
    "packetboat.yaml:12: dropFolders.office.path: holds the home's state folder",
  ],
  [
    "reports where documents are taken from",
    changed("/srv/exchange/office/reports", "/srv/exchange/office/outbox"),
    "packetboat.yaml:14: reports.registrar.path: lies where dropFolders.office.path has its own folders",
  ],
  [
    "reports with names in the folder without",
    changed("/srv/exchange/office/reports", "/srv/exchange/it"),
    "packetboat.yaml:15: reports.it.path: is the same folder as reports.registrar.path",
  ],
  [
    "a drop box that is a drop folder",
    `${changed("/srv/exchange/office }", "/srv/boxes/2700105 }")}server: { address: "file:///srv/boxes/2700105" }\n`,
    "packetboat.yaml:12: dropFolders.office.path: is the same folder as server.address",
  ],
  [
    "a district with an entity's id",
    changed("2700105", "2700000"),
    "packetboat.yaml:4: agency.id: ids that end in 00000 belong to entities",
  ],
  [
    "an entity with a district's id",
    changed("role: district", "role: entity"),
    "packetboat.yaml:4: agency.id: an entity's id is its state's FIPS code and 00000 (a region's: 0000n)",
  ],
  [
    "a school of another district",
    `${SMALLEST}schools:\n  - { id: "270010600123", name: North }\n`,
    "packetboat.yaml:17: schools[1].id: must begin with the district's id 2700105",
  ],
  [
    "two people with one account",
    `${SMALLEST}people:\n  - { username: a, name: A, osUser: reg, may: [] }\n  - { username: b, name: B, osUser: REG, may: [] }\n`,
    "packetboat.yaml:18: people[2].osUser: REG stands under people twice",
  ],
  [
    "a person of an unknown school",
    `${SMALLEST}schools: [{ id: "270010500123", name: North High School }]\npeople:\n  - { username: a, name: A, may: [], schools: [North Hihg School] }\n`,
    "packetboat.yaml:18: people[1].schools[1]: no school of that name stands under schools, did you mean North High School?",
  ],
  [
    "a day that the calendar does not have",
    `${SMALLEST}deadlines: { noSchool: [2027-02-30] }\n`,
    "packetboat.yaml:16: deadlines.noSchool[1]: the calendar has no day 2027-02-30",
  ],
  [
    "holidays that end before they begin",
    `${SMALLEST}deadlines: { noSchool: [2027-01-01..2026-12-21] }\n`,
    "packetboat.yaml:16: deadlines.noSchool[1]: 2026-12-21 is before 2027-01-01",
  ],
  [
    "a setting without a value",
    changed('zip: "55001"', "zip:"),
    "packetboat.yaml:8: agency.zip: must be text: there is nothing behind the colon",
  ],
  [
    "a setting of the prototype of all objects",
    `${SMALLEST}constructor: 1\n`,
    "packetboat.yaml:16: constructor: unknown setting",
  ],
  [
    "a setting that stands there twice",
    `${SMALLEST}mode: production\n`,
    "packetboat.yaml:16: this setting stands here twice",
  ],
  [
    "a tab as indentation",
    changed("  name: Example", "\tname: Example"),
    "packetboat.yaml:5: is indented with a tab: use spaces",
  ],
  [
    "an alias",
    changed("office }", "office }\n  sis: *office"),
    "packetboat.yaml:13: anchors and aliases are not read: write the value out",
  ],
  [
    "a tag",
    changed("name: Example Public Schools", "name: !secret Example"),
    "packetboat.yaml:5: tags like !name are not read",
  ],
  [
    "a second document",
    `${SMALLEST}---\nrole: entity\n`,
    "packetboat.yaml:16: a second document begins: one file is one config",
  ],
  [
    "a name that means two schools",
    `${SMALLEST}schools:
  - { id: "270010500123", name: North }
  - { id: "270010500124", name: South, alsoWritten: [NORTH.] }
`,
    "packetboat.yaml:18: schools[2].alsoWritten[1]: NORTH. already means North",
  ],
  [
    "a school whose folder is none",
    `${SMALLEST}schools: [{ id: "270010500123", name: North, dropFolder: ofice }]\n`,
    "packetboat.yaml:16: schools[1].dropFolder: no folder of that name stands under dropFolders, did you mean office?",
  ],
  [
    "a registrar nobody knows",
    `${SMALLEST}schools: [{ id: "270010500123", name: North, registrars: [nobody] }]\n`,
    "packetboat.yaml:16: schools[1].registrars[1]: nobody under people has this username",
  ],
  [
    "a registrar who may not release",
    `${SMALLEST}people: [{ username: a.b, name: A, may: [request] }]
schools: [{ id: "270010500123", name: North, registrars: [a.b] }]
`,
    "packetboat.yaml:17: schools[1].registrars[1]: a.b may not release, by people",
  ],
  [
    "telling the next before the first",
    `${SMALLEST}deadlines: { remindAfterSchoolDays: 6 }\n`,
    "packetboat.yaml:16: deadlines.escalateAfterSchoolDays: is before the reminder after 6 school days",
  ],
  [
    "an address to mail from that no mail server takes",
    `${SMALLEST}mail: { server: "smtp://mail.example", from: "<packetboat@district.example>" }\n`,
    "packetboat.yaml:16: mail.from: must be an e-mail address and nothing else, without brackets or a name",
  ],
  [
    "nights that never come",
    `${SMALLEST}exchanges: { nightly: { days: [] } }\n`,
    "packetboat.yaml:16: exchanges.nightly.days: must stand at least once",
  ],
  [
    "nights at an hour that no clock shows",
    `${SMALLEST}exchanges: { nightly: { at: "25:00" } }\n`,
    'packetboat.yaml:16: exchanges.nightly.at: must be a time in quotes, like "03:15"',
  ],
  [
    "nights on a day that no week has",
    `${SMALLEST}exchanges: { nightly: { days: [someday] } }\n`,
    "packetboat.yaml:16: exchanges.nightly.days[1]: must be one of mon, tue, wed, thu, fri, sat, sun",
  ],
  ["nothing in it", "", "packetboat.yaml:1: must hold names and values"],
  ["a list in place of settings", "- a\n- b\n", "packetboat.yaml:1: must hold names and values"],
];
