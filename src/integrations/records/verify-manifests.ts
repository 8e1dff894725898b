// Looks over the manifests of backups and the marks beside them: which are not as they were signed. Reads only.
import type { ObjectsPort } from '../../ports/objects.ts';
import { readText, UNDISTURBED } from '../json-objects.ts';
import { isSignedKind, signatureState } from './signed-objects.ts';

export interface ManifestsCheck {
  problems: string[];
  unsure: string[];
  count: number;
  /** Fingerprints of the keys that signed them. */
  signers: string[];
}

interface ManifestsCheckInput {
  /** Fingerprints; none: whichever signed. */
  trusted: readonly string[];
  /** When the index of runs begins (ISO 8601, UTC): who wrote it signs manifests too. */
  since: string | undefined;
}

export async function verifyManifests(
  objects: ObjectsPort,
  { trusted, since }: ManifestsCheckInput,
): Promise<ManifestsCheck> {
  const listed = (await objects.list('')).map(({ key }) => key);
  const keys = listed.filter(isSignedKind);
  const unsure = await removedOf(objects, listed);
  const problems: string[] = [];
  const signers = new Set<string>();
  for (const key of keys) {
    const text = await readText(objects, key, UNDISTURBED);
    // A retention removed it beside this.
    if (text === undefined) continue;
    const state = await signatureState(objects, key, text);
    if (state.is === 'changed') problems.push(`${key} is not the one that was signed`);
    if (state.is === 'unsigned') (isLate(key) ? problems : unsure).push(`${key} is not signed`);
    if (state.is !== 'signed') continue;
    signers.add(state.by);
    if (isForeign(state.by)) problems.push(`${key} is signed by the foreign key ${state.by}`);
  }
  return { problems, unsure, count: keys.length, signers: [...signers] };

  function isLate(key: string): boolean {
    return trusted.length > 0 && since !== undefined && timeIn(key) > digits(since);
  }

  function isForeign(by: string): boolean {
    return trusted.length > 0 && !trusted.includes(by);
  }
}

/** A signature is put before what is signed, and removed with it. */
async function removedOf(objects: ObjectsPort, listed: readonly string[]): Promise<string[]> {
  const there = new Set(listed);
  const signed = listed.flatMap((key) => /^(.*)\.sig\/[^/]+$/.exec(key)?.[1] ?? []);
  const gone = [...new Set(signed)].filter((key) => isSignedKind(key) && !there.has(key));
  const removed: string[] = [];
  for (const key of gone) {
    const stays = (await objects.list(`${key}.sig/`)).length > 0;
    if (!stays || (await objects.list(key)).some((one) => one.key === key)) continue;
    removed.push(`${key} is not there, and was signed: it was removed, or its writing was cut off`);
  }
  return removed;
}

/** When a backup began, as the key of its objects says it: 17 digits. */
function timeIn(key: string): string {
  return digits(key.split('/')[4] ?? '');
}

function digits(time: string): string {
  return time.replaceAll(/\D/g, '');
}
