// What a backup says of itself, and what was found in a datastore, as plain data. The manifest lies beside what it
// describes: reading a catalogue needs the object store and nothing else (datastores/manifest.ts parses it).
import { HEARTBEAT_FILE, type HeartbeatRecord } from './heartbeat.ts';
import { structureOf } from './structure.ts';

/** One table, file or database, with what tells two of them apart. */
export interface Part {
  name: string;
  /** Records: rows of a table, lines of data of a CSV file, keys; null where nothing is counted. */
  rows: number | null;
  /** Bytes as stored; null where the size says nothing about the content. */
  bytes: number | null;
  /** Hash of all rows, whatever their order (tables, databases), or of the bytes (files): `rowsum:…`, `sha256:…`. */
  hash: string;
}

/** A table, an index, a constraint, a view, a default, a function ... of a database, by what it means. */
export interface Definition {
  kind: string;
  /** The table or type that it belongs to; '' for what stands by itself. */
  of: string;
  name: string;
  /** What it says, as a server prints it: columns, an expression. */
  text: string;
}

/** What a database sorts, compares and folds letters by. */
export interface Locale {
  encoding: string;
  collate: string;
  ctype: string;
  provider: 'libc' | 'icu' | 'builtin';
  /** Of ICU, or built into the server. */
  locale: string | null;
  rules: string | null;
  /** Of the library's collation, as the database was made with; null where there is none. */
  version: string | null;
}

/** What a datastore holds, so that a copy can be compared with it. Lists are sorted. */
export interface Contents {
  parts: Part[];
  definitions: Definition[];
  /** What is left out of a backup, each in words: an invalid index, a socket in a folder. */
  notDumped?: string[];
  /** The tables among it that have rows; `rows` is null where the user may not count them. */
  notDumpedRows?: Part[];
  /** Absent where the kind has none. */
  locale?: Locale;
  /** A sequence moves on while a dump is taken: it was at `from` before and at `to` afterwards ('' is never used). */
  sequences: { name: string; from: string; to: string }[];
}

/**
 * Everything committed before `notBefore` is in it, nothing that was committed after `notAfter` (ISO 8601). `clock`
 * says whose time that is; `skewMs` how far the datastore's clock was ahead of the worker's, 0 when they are one.
 */
export interface RecoveryPoint {
  notBefore: string;
  notAfter: string;
  clock: 'datastore' | 'worker';
  skewMs: number;
}

/** Who may do what with a file or folder. Owners by name, since a number is somebody else on another machine. */
export interface Rights {
  mode: number;
  owner?: string;
  group?: string;
}

/** One stored object of a backup. */
export interface BackupObject {
  /** The object's name below its attempt. */
  name: string;
  /** Bytes as stored; `sha256` is of these. */
  size: number;
  sha256: string;
  /** Before encryption and compression; what a restore has to come to. */
  plain: { size: number; sha256: string };
  /** The file that the object is a copy of, where one object is one file. */
  path?: string;
  /** The rights of the file at `path`; absent from a backup that was made before rights were kept. */
  rights?: Rights;
  /** The attempt that stored it, where that is an earlier one than the backup's own. */
  attempt?: string;
}

/** Versions that had users, by service. */
export type Served = Record<string, string[]>;

interface ManifestBase {
  schema: 'fairlead/backup/v1';
  /** `<system>/<datastore>/<time>`: domain/backup/backup-id.ts. */
  id: string;
  system: string;
  datastore: string;
  kind: string;
  /** Where it was taken from, for people; no secret. */
  source: string;
  systemDigest: string;
  startedAt: string;
  endedAt: string;
  recoveryPoint: RecoveryPoint;
  /** Which versions served the services that use it when it was begun, by service: `{api: ['v1']}`; absent where nobody could see. */
  served?: Served;
  /** Versions of what made it: `{pg_dump: "15.14", server: "15.14"}`. */
  tools: Record<string, string>;
  contents: Contents;
  /** Backups with later names that were there when this one was begun: their clock was ahead, or this one's behind. */
  after?: string[];
  /** The newest heartbeat that is in it; absent without any. */
  canary?: HeartbeatRecord;
  /** Bytes that the datastore itself took on its disk; absent where that is what the backup has. */
  liveBytes?: number;
  /** What whoever takes backups should change, in sentences. */
  remarks?: string[];
  /** How many databases the live server is configured for; absent where the kind has no such number. */
  databases?: number;
}

/** A backup whose objects Fairlead streamed into the object store; manifests that do not say `artefact` are of these. */
export interface StreamedManifest extends ManifestBase {
  artefact: 'streamed';
  /** Objects lie below `<folder of the backup>/<attempt>/`. */
  attempt: string;
  encryption: { scheme: 'age'; recipients: string[] } | null;
  compression: 'none' | 'gzip';
  objects: BackupObject[];
  /** The rights of each folder that holds files, by its path. */
  folders?: Record<string, Rights>;
}

/** A backup that the datastore's own service made into a bucket (an export of Firestore): only it reads it back. */
export interface ExternalManifest extends ManifestBase {
  artefact: 'external';
  /** Where the service put it: `gs://bucket/prefix`. */
  location: string;
  /** How large it is, as the service says. */
  bytes: number;
}

export type BackupManifest = StreamedManifest | ExternalManifest;

/** Written beside a manifest, never into it. */
export interface BackupMark {
  schema: 'fairlead/backup-mark/v1';
  kind: 'verified' | 'failed' | 'accepted';
  at: string;
  /** The operation that verified it or found it bad, or the person who takes an odd one as the new normal. */
  by: string;
  reason: string;
}

/** What a catalogue has under one id. */
export type CatalogueEntry =
  | {
      id: string;
      state: 'complete';
      manifest: BackupManifest;
      marks: BackupMark[];
      /** Whose signature the manifest has, by the fingerprint of the key; null for none. Absent of a store that signs nothing. */
      signedBy?: string | null;
      /** How many of the marks are not signed. */
      unsignedMarks?: number;
    }
  /** No manifest: interrupted, or still being made. Not a backup; `objects` are what to clean up. */
  | { id: string; state: 'incomplete'; objects: number; bytes: number; since: number }
  /** A manifest that cannot be read, or says something else than where it lies. */
  | { id: string; state: 'unreadable'; problem: string };

export type CompleteBackup = Extract<CatalogueEntry, { state: 'complete' }>;

/** A backup in a line: small enough for a history, a list, a report. */
export interface BackupSummary {
  id: string;
  kind: string;
  source: string;
  endedAt: string;
  recoveryPoint: RecoveryPoint;
  bytes: number;
  parts: number;
  rows: number;
  encrypted: boolean;
  /** When it was last proved by a restore; null when never. */
  verifiedAt: string | null;
  /** Bytes that the datastore took on its disk, where that is not what the backup has. */
  liveBytes?: number;
  /** Which versions served then, by service; absent where nobody could see. */
  served?: Served;
  /** A digest of tables, columns, constraints and the like; absent where the kind has none. */
  structure?: string;
}

/** The moment that a backup is of, for people: all that was committed before is in it. From and to, where they are apart. */
export function pointWords({ notBefore, notAfter }: RecoveryPoint): string {
  const apart = Date.parse(notAfter) - Date.parse(notBefore) >= 1000;
  return apart ? `${notBefore} to ${notAfter}` : notBefore;
}

/** Whether a backup was proved by a restore, for people: `verified 2026-11-22T08:51:26.123Z`. */
export function provedWords({ verifiedAt }: Pick<BackupSummary, 'verifiedAt'>): string {
  return verifiedAt === null ? 'never verified' : `verified ${verifiedAt}`;
}

export function summaryOf({ id, manifest, marks }: CompleteBackup): BackupSummary {
  const { kind, source, endedAt, recoveryPoint, contents, liveBytes, served } = manifest;
  const structure = structureOf(contents.definitions);
  return {
    id,
    kind,
    source,
    endedAt,
    recoveryPoint,
    bytes: plainBytes(manifest),
    parts: contents.parts.length,
    rows: totalRows(contents),
    encrypted: manifest.artefact === 'streamed' && manifest.encryption !== null,
    verifiedAt: lastMark(marks, 'verified'),
    ...(liveBytes !== undefined && { liveBytes }),
    ...(served !== undefined && { served }),
    ...(structure !== undefined && { structure }),
  };
}

/** ISO 8601, in which the order of texts is the order of times. */
export function lastMark(marks: readonly BackupMark[], kind: BackupMark['kind']): string | null {
  const times = marks.filter((mark) => mark.kind === kind).map(({ at }) => at);
  return times.sort().at(-1) ?? null;
}

/** Why it is bad, where it was found to be and was not verified since. */
export function failedMark(marks: readonly BackupMark[]): BackupMark | undefined {
  const verifiedAt = lastMark(marks, 'verified') ?? '';
  return marks
    .filter(({ kind, at }) => kind === 'failed' && at > verifiedAt)
    .toSorted((one, other) => (one.at < other.at ? -1 : 1))
    .at(-1);
}

/** Bytes of data in a backup: a file of heartbeats grows until its ring is full, and is not counted. */
export function plainBytes(manifest: BackupManifest): number {
  if (manifest.artefact === 'external') return manifest.bytes;
  return manifest.objects
    .filter(({ path }) => path !== HEARTBEAT_FILE)
    .reduce((sum, { plain }) => sum + plain.size, 0);
}

/** Bytes of a backup as they are stored. */
export function storedBytes(manifest: BackupManifest): number {
  if (manifest.artefact === 'external') return manifest.bytes;
  return manifest.objects.reduce((sum, { size }) => sum + size, 0);
}

/** Heartbeats lie in a file of their own, and not within a dump. */
export function hasHeartbeatFile(manifest: BackupManifest): boolean {
  return (
    manifest.artefact === 'streamed' && manifest.objects.some(({ path }) => path === HEARTBEAT_FILE)
  );
}

export function totalRows({ parts }: Pick<Contents, 'parts'>): number {
  return parts.reduce((sum, { rows }) => sum + (rows ?? 0), 0);
}
