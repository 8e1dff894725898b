// The catalogue lies with the backups: below `<system>/<datastore>/YYYY/MM/<time>/` a `manifest.json`, `verified/` and
// `accepted/` marks beside it, and the objects of each attempt. Read by backups.ts with nothing but an object store.
import type { ObjectInfo, ObjectsPort, SignatureState } from '../ports/objects.ts';
import type { Waiting } from '../ports/waiting.ts';
import {
  BACKUP_ID_ALLOWED,
  backupFolder,
  catalogueFolder,
  parseBackupId,
  placeOfKey,
  timeOf,
  type BackupName,
} from '../domain/backup/backup-id.ts';
import type { BackupManifest, BackupMark, CatalogueEntry } from '../domain/backup/backup.ts';
import { didYouMean } from '../domain/text/did-you-mean.ts';
import { describeValue } from '../domain/text/describe-value.ts';
import { Failure } from '../domain/failure.ts';
import { jsonBytes, readJson, readText } from '../integrations/json-objects.ts';
import { manifestSchema, markSchema } from './manifest.ts';

export const MANIFEST = 'manifest.json';
const MARKS = ['verified', 'failed', 'accepted'] as const;
/** A manifest has a line for each file and table; more than this is none. */
const LONGEST = 64 * 1024 * 1024;

/** Throws BadInput for what is no backup's name. */
export function folderOf(id: string): string {
  return backupFolder(nameOf(id));
}

export function nameOf(id: string): BackupName {
  const name = parseBackupId(id);
  if (name !== undefined) return name;
  throw new Failure(
    'BadInput',
    `the backup ${describeValue(id)} cannot be found: write ${BACKUP_ID_ALLOWED}`,
  );
}

export async function listCatalogue(
  objects: ObjectsPort,
  { system, datastore }: { system: string; datastore: string },
  waiting: Waiting,
): Promise<CatalogueEntry[]> {
  const byBackup = new Map<string, ObjectInfo[]>();
  for (const info of await objects.list(catalogueFolder(system, datastore))) {
    const id = placeOfKey(info.key)?.id;
    if (id === undefined) continue;
    const infos = byBackup.get(id);
    if (infos === undefined) byBackup.set(id, [info]);
    else infos.push(info);
  }
  const entries: CatalogueEntry[] = [];
  for (const [id, infos] of byBackup) {
    waiting.signal.throwIfAborted();
    entries.push(await entryOf(objects, id, infos, waiting));
  }
  return entries;
}

/** Throws NotFound. */
export async function readEntry(
  objects: ObjectsPort,
  id: string,
  waiting: Waiting,
): Promise<CatalogueEntry> {
  const infos = await objects.list(folderOf(id));
  if (infos.length === 0) {
    const near = didYouMean(id, await idsBeside(objects, id));
    throw new Failure('NotFound', `there is no backup ${id}${near}; "fairlead backups" lists them`);
  }
  return entryOf(objects, id, infos, waiting);
}

/** The ids of all backups of the datastore that `id` names. */
async function idsBeside(objects: ObjectsPort, id: string): Promise<string[]> {
  const name = parseBackupId(id);
  if (name === undefined) return [];
  const infos = await objects.list(catalogueFolder(name.system, name.datastore));
  return [...new Set(infos.flatMap(({ key }) => placeOfKey(key)?.id ?? []))];
}

/** Throws NotFound, and Refused for what is no backup that could be restored. */
export async function readManifest(
  objects: ObjectsPort,
  id: string,
  waiting: Waiting,
): Promise<BackupManifest> {
  const entry = await readEntry(objects, id, waiting);
  if (entry.state === 'complete') return entry.manifest;
  const why =
    entry.state === 'incomplete' ? 'it has no manifest: it was never finished' : entry.problem;
  throw new Failure('Refused', `${id} is no backup that can be restored: ${why}`);
}

/** The manifest in a backup's folder; undefined for what is none. Throws NotFound. */
export async function readManifestIn(
  objects: Pick<ObjectsPort, 'get'>,
  folder: string,
  waiting: Waiting,
): Promise<BackupManifest | undefined> {
  const key = `${folder}${MANIFEST}`;
  const read = await readJson(objects, { key, longest: LONGEST }, manifestSchema, waiting);
  return 'value' in read ? read.value : undefined;
}

/** Puts the manifest of a backup. Throws Refused when somebody else's lies under this name, which stays. */
export async function writeManifest(
  objects: ObjectsPort,
  manifest: BackupManifest,
  waiting: Waiting,
): Promise<void> {
  const body = jsonBytes(manifestSchema.parse(manifest));
  await objects.put({ key: `${folderOf(manifest.id)}${MANIFEST}`, body }, waiting);
}

export async function writeMark(
  objects: ObjectsPort,
  id: string,
  mark: BackupMark,
  waiting: Waiting,
): Promise<void> {
  const time = mark.at.replaceAll(/[-:]/g, '');
  const key = `${folderOf(id)}${mark.kind}/${time}.json`;
  try {
    await objects.put({ key, body: jsonBytes(markSchema.parse(mark)) }, waiting);
  } catch (error) {
    // Asked twice: what is there says the same.
    if (!(error instanceof Failure && error.kind === 'Refused')) throw error;
  }
}

async function entryOf(
  objects: ObjectsPort,
  id: string,
  infos: readonly ObjectInfo[],
  waiting: Waiting,
): Promise<CatalogueEntry> {
  const folder = folderOf(id);
  const at = (key: string) => ({ key, longest: LONGEST });
  if (!infos.some(({ key }) => key === `${folder}${MANIFEST}`)) return incomplete(id, infos);
  const manifest = await readJson(objects, at(`${folder}${MANIFEST}`), manifestSchema, waiting);
  if ('problem' in manifest) return { id, state: 'unreadable', problem: manifest.problem };
  const other = otherThan(id, manifest.value);
  if (other !== undefined) {
    return { id, state: 'unreadable', problem: `its manifest is that of ${other}` };
  }
  const signed = await signatureOf(objects, `${folder}${MANIFEST}`, waiting);
  if (signed?.is === 'changed') {
    const problem = 'its manifest is not the one that was signed: it was changed since';
    return { id, state: 'unreadable', problem };
  }
  const { marks, unsigned } = await marksOf(objects, folder, infos, waiting);
  const complete = { id, state: 'complete' as const, manifest: manifest.value, marks };
  if (signed === undefined) return complete;
  const signedBy = signed.is === 'signed' ? signed.by : null;
  return { ...complete, signedBy, unsignedMarks: unsigned };
}

/** A mark that cannot be read, or is not the one that was signed, proves nothing. */
async function marksOf(
  objects: ObjectsPort,
  folder: string,
  infos: readonly ObjectInfo[],
  waiting: Waiting,
): Promise<{ marks: BackupMark[]; unsigned: number }> {
  const marks: BackupMark[] = [];
  let unsigned = 0;
  for (const { key } of infos) {
    const kind = MARKS.find((one) => key.startsWith(`${folder}${one}/`));
    if (kind === undefined || key.slice(folder.length).split('/').length > 2) continue;
    const mark = await readJson(objects, { key, longest: LONGEST }, markSchema, waiting);
    if (!('value' in mark) || mark.value.kind !== kind) continue;
    const signed = await signatureOf(objects, key, waiting);
    if (signed?.is === 'changed') continue;
    if (signed?.is === 'unsigned') unsigned += 1;
    marks.push(mark.value);
  }
  return { marks, unsigned };
}

/** Undefined of a store that signs nothing. */
async function signatureOf(
  objects: ObjectsPort,
  key: string,
  waiting: Waiting,
): Promise<SignatureState | undefined> {
  if (objects.signature === undefined) return undefined;
  return objects.signature(key, (await readText(objects, key, waiting)) ?? '');
}

/** Whose a manifest is, where it is not that of the backup under whose name it lies. */
function otherThan(id: string, manifest: BackupManifest): string | undefined {
  const { system, datastore } = nameOf(id);
  if (manifest.id !== id) return manifest.id;
  const isOurs = manifest.system === system && manifest.datastore === datastore;
  return isOurs ? undefined : `${manifest.system}/${manifest.datastore}`;
}

function incomplete(id: string, infos: readonly ObjectInfo[]): CatalogueEntry {
  const begun = timeOf(nameOf(id).time) ?? 0;
  return {
    id,
    state: 'incomplete',
    objects: infos.length,
    bytes: infos.reduce((sum, { size }) => sum + size, 0),
    since: Math.max(begun, ...infos.map(({ modifiedAt }) => modifiedAt)),
  };
}
