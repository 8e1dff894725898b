// What a start of a revision would need and does not find, as sentences. Looks only.
import { access } from 'node:fs/promises';
import type { RevisionSpec } from '../../domain/model.ts';
import { resolveConfiguration } from './start-process.ts';

export async function missingFiles(spec: RevisionSpec): Promise<string[]> {
  const missing: string[] = [];
  for (const file of spec.files) {
    const there = await access(file).then(
      () => true,
      () => false,
    );
    if (!there) missing.push(`missing file ${file}: put it there before the start`);
  }
  return missing;
}

export async function missingSecrets(spec: RevisionSpec): Promise<string[]> {
  try {
    await resolveConfiguration(spec);
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}
