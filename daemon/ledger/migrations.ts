/**
 * The ledger's shape, step by step. A step that has been released is never changed: a new one is
 * added. All steps that are missing run in one transaction; an older program refuses a newer ledger.
 */
import { sql, type Kysely, type Transaction } from "kysely";
import { PacketboatError } from "../errors.ts";
import type { Tables } from "./tables.ts";

type Step = (db: Transaction<Tables>) => Promise<void>;

const steps: readonly Step[] = [
  firstTables,
  daemonsTables,
  desksTables,
  entitysTables,
  countrysTables,
  packetsOwners,
  transfersBySide,
  transfersByRequest,
  documentsDeaths,
];

/** @throws PacketboatError LEDGER_NEWER if a newer packetboat has written this ledger. */
export async function migrate(ledger: Kysely<Tables>): Promise<void> {
  await ledger.transaction().execute(async (db) => {
    await db.schema
      .createTable("settings")
      .ifNotExists()
      .addColumn("name", "text", (c) => c.primaryKey())
      .addColumn("value", "text", (c) => c.notNull())
      .execute();
    const done = await stepsDone(db);
    if (done > steps.length) {
      throw new PacketboatError(
        "LEDGER_NEWER",
        `the ledger has format ${done}, and this packetboat knows ${steps.length}`,
      );
    }
    if (done === steps.length) return;
    for (const step of steps.slice(done)) await step(db);
    await db
      .insertInto("settings")
      .values({ name: "format", value: String(steps.length) })
      .onConflict((c) => c.column("name").doUpdateSet({ value: String(steps.length) }))
      .execute();
  });
}

async function stepsDone(db: Transaction<Tables>): Promise<number> {
  const row = await db
    .selectFrom("settings")
    .select("value")
    .where("name", "=", "format")
    .executeTakeFirst();
  return row ? Number(row.value) : 0;
}

async function firstTables(db: Transaction<Tables>): Promise<void> {
  for (const statement of FIRST_TABLES) await sql.raw(statement).execute(db);
}

/** What the daemon must remember from one start to the next. */
async function daemonsTables(db: Transaction<Tables>): Promise<void> {
  for (const statement of DAEMONS_TABLES) await sql.raw(statement).execute(db);
}

/** What the desk remembers of people and folders. */
async function desksTables(db: Transaction<Tables>): Promise<void> {
  for (const statement of DESKS_TABLES) await sql.raw(statement).execute(db);
}

/** What stands between districts: the directory, the registry, and referrals. */
async function entitysTables(db: Transaction<Tables>): Promise<void> {
  for (const statement of [...DIRECTORY_TABLES, ...REGISTRY_TABLES, ...REFERRAL_TABLES]) {
    await sql.raw(statement).execute(db);
  }
}

/** The districts of the whole country, and the way to those of other states. */
async function countrysTables(db: Transaction<Tables>): Promise<void> {
  for (const statement of COUNTRYS_TABLES) await sql.raw(statement).execute(db);
}

/** Who left a packet in the box, to be compared with who sealed it. */
async function packetsOwners(db: Transaction<Tables>): Promise<void> {
  await sql.raw(`ALTER TABLE packets_in ADD COLUMN owner INTEGER`).execute(db);
}

/** Status counts them by side and state, a million of them as well. */
async function transfersBySide(db: Transaction<Tables>): Promise<void> {
  await sql.raw(`CREATE INDEX transfers_by_side ON transfers (side, state)`).execute(db);
}

/** Reports show the newest of a million. */
async function transfersByRequest(db: Transaction<Tables>): Promise<void> {
  const columns = "requested_at, transfer_id";
  await sql.raw(`CREATE INDEX transfers_by_request ON transfers (${columns})`).execute(db);
}

/** A document that ends the program must not do so for ever. */
async function documentsDeaths(db: Transaction<Tables>): Promise<void> {
  const column = "deaths INTEGER NOT NULL DEFAULT 0";
  await sql.raw(`ALTER TABLE documents ADD COLUMN ${column}`).execute(db);
}

/** Standard SQL that SQLite and PostgreSQL both read, but for the two generated keys. */
const FIRST_TABLES = [
  `CREATE TABLE agencies (
    agency_id TEXT PRIMARY KEY, signed_card TEXT NOT NULL, fingerprint TEXT NOT NULL UNIQUE,
    public_key TEXT NOT NULL, name TEXT NOT NULL, state_number TEXT, city TEXT, state TEXT,
    zip TEXT, phone TEXT, role TEXT NOT NULL, added_at TEXT NOT NULL, added_by TEXT NOT NULL,
    stopped_code TEXT)`,
  `CREATE TABLE content (
    content_id TEXT PRIMARY KEY, kind TEXT NOT NULL, bytes BLOB NOT NULL, created_at TEXT NOT NULL)`,
  `CREATE TABLE transfers (
    requester_id TEXT NOT NULL, transfer_id TEXT NOT NULL, reference TEXT NOT NULL,
    side TEXT NOT NULL, partner_id TEXT NOT NULL, state TEXT NOT NULL, revision INTEGER NOT NULL,
    request_message_id TEXT NOT NULL, request_content_id TEXT NOT NULL,
    releases TEXT NOT NULL, refused_message_id TEXT, requested_at TEXT NOT NULL, expires_at TEXT NOT NULL,
    hold_until TEXT, school TEXT, version INTEGER NOT NULL,
    PRIMARY KEY (requester_id, transfer_id))`,
  `CREATE INDEX transfers_by_reference ON transfers (reference)`,
  `CREATE INDEX transfers_by_state ON transfers (state, requested_at)`,
  `CREATE TABLE transfer_events (
    event_id INTEGER PRIMARY KEY AUTOINCREMENT, requester_id TEXT NOT NULL,
    transfer_id TEXT NOT NULL, at TEXT NOT NULL, event TEXT NOT NULL, state TEXT NOT NULL,
    who TEXT NOT NULL)`,
  `CREATE INDEX transfer_events_by_transfer ON transfer_events (requester_id, transfer_id)`,
  `CREATE TABLE messages_out (
    message_id TEXT PRIMARY KEY, to_agency TEXT NOT NULL, kind TEXT NOT NULL, requester_id TEXT,
    transfer_id TEXT, content_id TEXT NOT NULL, sha256 TEXT, state TEXT NOT NULL,
    not_before TEXT NOT NULL, packet_id TEXT, position INTEGER, created_at TEXT NOT NULL,
    answered_at TEXT, answer_code TEXT)`,
  `CREATE INDEX messages_out_by_state ON messages_out (state, to_agency, created_at)`,
  `CREATE INDEX messages_out_by_packet ON messages_out (packet_id, position)`,
  `CREATE INDEX messages_out_by_transfer ON messages_out (requester_id, transfer_id)`,
  `CREATE TABLE attachments_out (
    attachment_id TEXT PRIMARY KEY, message_id TEXT NOT NULL, number INTEGER NOT NULL,
    file_name TEXT NOT NULL, media_type TEXT NOT NULL, section TEXT, staged_path TEXT NOT NULL,
    sealed_name TEXT, state TEXT NOT NULL, UNIQUE (message_id, number))`,
  `CREATE TABLE packets_out (
    packet_id TEXT PRIMARY KEY, to_agency TEXT NOT NULL, stream TEXT NOT NULL,
    sequence INTEGER NOT NULL, rendition INTEGER NOT NULL, messages_digest TEXT NOT NULL,
    receipt_due INTEGER NOT NULL, state TEXT NOT NULL, created_at TEXT NOT NULL, expires_at TEXT,
    file_name TEXT, sealed_sha256 TEXT, sealed_size INTEGER, sealed_for TEXT, sent_at TEXT, answered_at TEXT,
    uploads INTEGER NOT NULL, UNIQUE (to_agency, stream, sequence))`,
  `CREATE INDEX packets_out_by_state ON packets_out (state, sequence)`,
  `CREATE INDEX packets_out_by_sealed ON packets_out (sealed_sha256)`,
  `CREATE TABLE sequences_out (
    to_agency TEXT NOT NULL, stream TEXT NOT NULL, next_sequence INTEGER NOT NULL,
    PRIMARY KEY (to_agency, stream))`,
  `CREATE TABLE packets_in (
    claim_id TEXT PRIMARY KEY, file_name TEXT NOT NULL, size INTEGER NOT NULL,
    modified_at TEXT NOT NULL, state TEXT NOT NULL, claimed_at TEXT NOT NULL, sealed_sha256 TEXT,
    deaths INTEGER NOT NULL, waiting_until TEXT, from_agency TEXT, packet_id TEXT,
    messages_digest TEXT, stream TEXT, sequence INTEGER, code TEXT, reason TEXT,
    receipted_at TEXT, removed_from_box INTEGER NOT NULL, UNIQUE (file_name, size, modified_at))`,
  `CREATE INDEX packets_in_by_state ON packets_in (state, claimed_at)`,
  `CREATE TABLE packets_seen (
    from_agency TEXT NOT NULL, packet_id TEXT NOT NULL, messages_digest TEXT NOT NULL,
    claim_id TEXT NOT NULL, expires_at TEXT NOT NULL, receipt_content_id TEXT,
    receipt_sent_at TEXT, PRIMARY KEY (from_agency, packet_id))`,
  `CREATE TABLE messages_in (
    from_agency TEXT NOT NULL, message_id TEXT NOT NULL, claim_id TEXT NOT NULL,
    position INTEGER NOT NULL, kind TEXT NOT NULL, sha256 TEXT NOT NULL, state TEXT NOT NULL,
    requester_id TEXT, transfer_id TEXT, code TEXT,
    reason TEXT, recorded_at TEXT NOT NULL, PRIMARY KEY (from_agency, message_id))`,
  `CREATE INDEX messages_in_by_claim ON messages_in (claim_id, position)`,
  `CREATE INDEX messages_in_by_state ON messages_in (state, recorded_at)`,
  `CREATE INDEX messages_in_by_transfer ON messages_in (requester_id, transfer_id)`,
  `CREATE TABLE attachments_in (
    claim_id TEXT NOT NULL, sealed_name TEXT NOT NULL, staged_path TEXT, said TEXT,
    PRIMARY KEY (claim_id, sealed_name))`,
  `CREATE TABLE sequences_in (
    from_agency TEXT NOT NULL, stream TEXT NOT NULL, sequence INTEGER NOT NULL,
    claim_id TEXT NOT NULL, PRIMARY KEY (from_agency, stream, sequence))`,
  `CREATE TABLE publications (
    publication_id TEXT PRIMARY KEY, requester_id TEXT NOT NULL, transfer_id TEXT NOT NULL,
    hidden_path TEXT NOT NULL, final_path TEXT NOT NULL, state TEXT NOT NULL,
    created_at TEXT NOT NULL)`,
  `CREATE INDEX publications_by_state ON publications (state)`,
  `CREATE TABLE documents (
    document_id TEXT PRIMARY KEY, drop_folder TEXT NOT NULL, file_name TEXT NOT NULL,
    sha256 TEXT NOT NULL, state TEXT NOT NULL, taken_at TEXT NOT NULL, answer TEXT)`,
  `CREATE TABLE decisions (
    document_id TEXT NOT NULL, number INTEGER NOT NULL, drop_folder TEXT NOT NULL,
    sha256 TEXT NOT NULL, source_reference TEXT, outcome TEXT NOT NULL, decided_at TEXT NOT NULL,
    PRIMARY KEY (document_id, number))`,
  `CREATE INDEX decisions_by_content ON decisions (sha256, source_reference)`,
  `CREATE INDEX documents_by_time ON documents (taken_at)`,
  `CREATE INDEX documents_by_state ON documents (state)`,
  `CREATE TABLE sightings (
    path TEXT PRIMARY KEY, size INTEGER NOT NULL, modified_ms REAL NOT NULL, inode TEXT NOT NULL,
    first_seen TEXT NOT NULL)`,
  `CREATE TABLE alerts (
    alert_id TEXT PRIMARY KEY, code TEXT NOT NULL, subject TEXT NOT NULL, requester_id TEXT,
    transfer_id TEXT, agency_id TEXT, facts TEXT NOT NULL, raised_at TEXT NOT NULL,
    last_raised_at TEXT NOT NULL, times INTEGER NOT NULL, resolved_at TEXT, resolved_by TEXT)`,
  `CREATE UNIQUE INDEX alerts_open ON alerts (code, subject) WHERE resolved_at IS NULL`,
  `CREATE INDEX alerts_by_time ON alerts (raised_at)`,
  `CREATE INDEX alerts_by_transfer ON alerts (requester_id, transfer_id)`,
  `CREATE TABLE disclosures (
    disclosure_id TEXT PRIMARY KEY, requester_id TEXT NOT NULL, transfer_id TEXT NOT NULL,
    at TEXT NOT NULL, what TEXT NOT NULL, party_id TEXT NOT NULL, party_name TEXT NOT NULL,
    interest TEXT NOT NULL, purpose TEXT NOT NULL, sections TEXT NOT NULL, who TEXT NOT NULL, authentication TEXT NOT NULL)`,
  `CREATE INDEX disclosures_by_time ON disclosures (at)`,
  `CREATE TABLE audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, event TEXT NOT NULL,
    subject TEXT NOT NULL, digest TEXT NOT NULL)`,
  `CREATE TABLE runs (
    run_id TEXT PRIMARY KEY, started_at TEXT NOT NULL, ended_at TEXT, counts TEXT,
    exit_code INTEGER)`,
  `CREATE INDEX runs_by_time ON runs (started_at)`,
  `CREATE TABLE backoffs (
    agency_id TEXT PRIMARY KEY, failures INTEGER NOT NULL, next_attempt_at TEXT NOT NULL,
    code TEXT NOT NULL)`,
  `CREATE TABLE locks (
    name TEXT PRIMARY KEY, process_id INTEGER NOT NULL, boot_id TEXT NOT NULL,
    started_ticks TEXT NOT NULL, since TEXT NOT NULL)`,
];

const DAEMONS_TABLES = [
  `ALTER TABLE runs ADD COLUMN scope TEXT NOT NULL DEFAULT 'everything'`,
  `ALTER TABLE runs ADD COLUMN code TEXT`,
  `CREATE TABLE nights (
    night TEXT PRIMARY KEY, planned_at TEXT NOT NULL, state TEXT NOT NULL,
    attempts INTEGER NOT NULL, last_attempt_at TEXT NOT NULL)`,
  `CREATE TABLE asks (ask_id TEXT PRIMARY KEY, asked_at TEXT NOT NULL, answer TEXT)`,
];

const DESKS_TABLES = [
  `ALTER TABLE transfers ADD COLUMN drop_folder TEXT`,
  `ALTER TABLE transfers ADD COLUMN first_person TEXT`,
  `ALTER TABLE transfers ADD COLUMN expected_until TEXT`,
  `ALTER TABLE transfer_events ADD COLUMN authentication TEXT`,
  `ALTER TABLE disclosures ADD COLUMN first_person TEXT`,
  `CREATE INDEX disclosures_by_transfer ON disclosures (requester_id, transfer_id)`,
  `CREATE TABLE register_students (
    disclosure_id TEXT PRIMARY KEY, student_id TEXT, last_name TEXT, first_name TEXT, birthdate TEXT)`,
  `ALTER TABLE decisions ADD COLUMN documents TEXT`,
  `CREATE INDEX decisions_by_reference ON decisions (drop_folder, source_reference)`,
  `ALTER TABLE publications ADD COLUMN what TEXT`,
  `ALTER TABLE publications ADD COLUMN message_id TEXT`,
  `ALTER TABLE publications ADD COLUMN recalled_by TEXT`,
  `ALTER TABLE publications ADD COLUMN told TEXT`,
  `CREATE INDEX publications_by_transfer ON publications (requester_id, transfer_id)`,
  `CREATE TABLE imports (
    path TEXT PRIMARY KEY, drop_folder TEXT NOT NULL, stamp TEXT NOT NULL, state TEXT NOT NULL,
    status TEXT NOT NULL, decided_at TEXT NOT NULL)`,
  `CREATE INDEX imports_by_state ON imports (state)`,
  `CREATE TABLE cases (
    case_id TEXT PRIMARY KEY, drop_folder TEXT NOT NULL, requester_id TEXT NOT NULL,
    transfer_id TEXT NOT NULL, place TEXT, name TEXT, blank_sight TEXT, taken_sight TEXT,
    taken_sha256 TEXT, seen TEXT, seen_since TEXT, documents TEXT NOT NULL,
    told_version INTEGER, told_sha256 TEXT)`,
  `CREATE INDEX cases_by_transfer ON cases (requester_id, transfer_id)`,
  `CREATE TABLE mails (
    mail_id TEXT PRIMARY KEY, kind TEXT NOT NULL, recipient TEXT NOT NULL, setting TEXT NOT NULL,
    subject TEXT NOT NULL, body TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL,
    created_at TEXT NOT NULL, next_attempt_at TEXT NOT NULL, ended_at TEXT, code TEXT)`,
  `CREATE INDEX mails_by_state ON mails (state, next_attempt_at)`,
  `CREATE TABLE mail_causes (
    alert_id TEXT NOT NULL, recipient TEXT NOT NULL, mail_id TEXT NOT NULL,
    PRIMARY KEY (alert_id, recipient))`,
  `CREATE INDEX mail_causes_by_mail ON mail_causes (mail_id)`,
  `CREATE TABLE digests (day TEXT PRIMARY KEY, made_at TEXT NOT NULL)`,
];

/** An agency of a directory has no card, and no key until it is fetched: the table is made anew. */
const DIRECTORY_TABLES = [
  `CREATE TABLE known_agencies (
    agency_id TEXT PRIMARY KEY, source TEXT NOT NULL, signed_card TEXT, fingerprint TEXT UNIQUE,
    public_key TEXT, name TEXT NOT NULL, state_number TEXT, city TEXT, state TEXT, zip TEXT, phone TEXT,
    role TEXT NOT NULL, status TEXT NOT NULL, successor_id TEXT, box TEXT, contacts TEXT,
    added_at TEXT NOT NULL, added_by TEXT NOT NULL, stopped_code TEXT)`,
  `INSERT INTO known_agencies (agency_id, source, signed_card, fingerprint, public_key, name, state_number,
      city, state, zip, phone, role, status, added_at, added_by, stopped_code)
    SELECT agency_id, 'card', signed_card, fingerprint, public_key, name, state_number,
      city, state, zip, phone, role, 'Participating', added_at, added_by, stopped_code FROM agencies`,
  `DROP TABLE agencies`,
  `ALTER TABLE known_agencies RENAME TO agencies`,
  `CREATE INDEX agencies_by_state ON agencies (state, name)`,
  `CREATE TABLE agency_keys (
    agency_id TEXT NOT NULL, fingerprint TEXT NOT NULL, sha256 TEXT, public_key TEXT, signers TEXT,
    standing TEXT NOT NULL, valid_from TEXT NOT NULL, valid_until TEXT, succession TEXT,
    PRIMARY KEY (agency_id, fingerprint))`,
  `INSERT INTO agency_keys (agency_id, fingerprint, public_key, standing, valid_from)
    SELECT agency_id, fingerprint, public_key, 'Current', added_at FROM agencies`,
  `CREATE INDEX agency_keys_by_key ON agency_keys (fingerprint)`,
  `CREATE TABLE directories (
    entity_id TEXT PRIMARY KEY, process_code TEXT NOT NULL, version INTEGER NOT NULL,
    issued_at TEXT NOT NULL, expires_at TEXT NOT NULL, sha256 TEXT NOT NULL, text TEXT NOT NULL,
    mark TEXT NOT NULL, taken_at TEXT NOT NULL)`,
];

const REGISTRY_TABLES = [
  `CREATE TABLE registry_imports (
    import_id INTEGER PRIMARY KEY, kind TEXT NOT NULL, state TEXT NOT NULL, sha256 TEXT NOT NULL,
    as_of TEXT NOT NULL, begun_at TEXT NOT NULL, ended_at TEXT, generation INTEGER NOT NULL,
    base INTEGER, rows INTEGER NOT NULL, faulty_rows INTEGER NOT NULL, closed INTEGER NOT NULL,
    students INTEGER NOT NULL, enrollments INTEGER NOT NULL, open_enrollments INTEGER NOT NULL,
    by TEXT NOT NULL, code TEXT, swept INTEGER NOT NULL)`,
  `CREATE INDEX registry_imports_by_state ON registry_imports (state)`,
  `CREATE TABLE enrollments (
    generation INTEGER NOT NULL, state_student_id TEXT NOT NULL, agency_id TEXT NOT NULL,
    school_id TEXT NOT NULL, entry_date TEXT NOT NULL, exit_date TEXT, last_key TEXT NOT NULL,
    first_key TEXT NOT NULL, birthdate TEXT NOT NULL, sex TEXT NOT NULL, school_name TEXT NOT NULL,
    school_year TEXT NOT NULL, grade_level TEXT NOT NULL, said_by INTEGER NOT NULL,
    PRIMARY KEY (generation, state_student_id, agency_id, school_id, entry_date))`,
  `CREATE INDEX enrollments_by_birthdate ON enrollments (generation, birthdate, state_student_id)`,
];

const REFERRAL_TABLES = [
  `ALTER TABLE transfers ADD COLUMN entity_id TEXT`,
  `ALTER TABLE transfers ADD COLUMN referral_content_id TEXT`,
  `ALTER TABLE transfers ADD COLUMN answer_content_id TEXT`,
];

const COUNTRYS_TABLES = [
  `CREATE TABLE listed_districts (
    agency_id TEXT PRIMARY KEY, state_number TEXT, name TEXT NOT NULL, state TEXT NOT NULL, street TEXT,
    city TEXT, cities TEXT, zip TEXT, phone TEXT, status TEXT NOT NULL, successor_id TEXT,
    listed_at TEXT NOT NULL)`,
  `CREATE INDEX listed_districts_by_state ON listed_districts (state, name)`,
  `CREATE TABLE relays (
    relay_id TEXT NOT NULL UNIQUE, peer_id TEXT NOT NULL, file_name TEXT NOT NULL, size INTEGER NOT NULL,
    modified_at TEXT NOT NULL, owner INTEGER, from_agency TEXT NOT NULL, to_agency TEXT NOT NULL,
    state TEXT NOT NULL, claimed_at TEXT NOT NULL, ended_at TEXT, code TEXT, reason TEXT, sealed_sha256 TEXT,
    removed_from_box INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (peer_id, file_name, size, modified_at))`,
  `CREATE INDEX relays_by_state ON relays (state, claimed_at)`,
  `ALTER TABLE transfers ADD COLUMN on_paper INTEGER NOT NULL DEFAULT 0`,
  // Entities are asked for with each packet, and a state's districts have their cards in the same table.
  `CREATE INDEX agencies_by_role ON agencies (role, agency_id, source)`,
];
