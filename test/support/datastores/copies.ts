// Copies as whoever binds them has them, and manifests whose objects a test looks into.
import assert from 'node:assert/strict';
import type { CopyAddress, CopyRef, DatastoreRef } from '../../../src/ports/backups.ts';
import type { Stores } from '../../../src/datastores/store.ts';
import { createCopies } from '../../../src/datastores/copies.ts';
import { backupFolder, parseBackupId } from '../../../src/domain/backup/backup-id.ts';
import type { BackupManifest, StreamedManifest } from '../../../src/domain/backup/backup.ts';
import { waiting } from '../local-daemon.ts';

export function folderCopy(directory: string): CopyAddress {
  return { kind: 'folder', of: 'files', directory };
}

export function serverCopy(input: {
  of: string;
  host: string;
  port: number;
  fields?: Record<string, string>;
  passwordFile?: string;
}): CopyAddress {
  const { of, host, port, fields = { user: 'default' }, passwordFile = '/x' } = input;
  return { kind: 'address', of, host, port, login: { fields, passwordFile } };
}

/** Where a copy is reached, as it is before it is handed over. */
export async function copyAddress(
  root: string,
  stores: Stores,
  { copy, store }: CopyRef,
): Promise<CopyAddress> {
  const { folder } = await createCopies(root).find(copy);
  return stores[store.settings.kind].address(folder, waiting());
}

export async function copyFolder(root: string, stores: Stores, target: CopyRef): Promise<string> {
  const address = await copyAddress(root, stores, target);
  assert.ok(address.kind === 'folder');
  return address.directory;
}

export interface StoreUnderTest {
  stores: Stores;
  store: DatastoreRef;
  /** Some text that is in the data: it must not stand in what was encrypted. */
  within: string;
  /** Names of secrets and their values. */
  env: Record<string, string>;
  /** One row changed, and one row too few. */
  change(): Promise<void>;
  remove(): Promise<void>;
  end(): Promise<void>;
}

/** Where an object of a backup is stored. */
export function keyOf(taken: BackupManifest, index = 0): string {
  const manifest = streamedManifest(taken);
  const place = parseBackupId(manifest.id) ?? assert.fail(manifest.id);
  return `${backupFolder(place)}${manifest.attempt}/${manifest.objects[index]?.name ?? ''}`;
}

/** Insists that it is. */
export function streamedManifest(manifest: BackupManifest): StreamedManifest {
  assert.ok(manifest.artefact === 'streamed');
  return manifest;
}
