// What a start of a revision would need and does not find, as sentences. Looks only.
import { access, readdir } from 'node:fs/promises';
import type { RevisionSpec } from '../../domain/rollout/model.ts';
import { didYouMean } from '../../domain/text/did-you-mean.ts';
import { serviceUser } from '../../machine/service-user.ts';
import { processOf, resolveConfiguration } from './start-process.ts';

const MOST_VERSIONS = 20;

export async function missingFor(spec: RevisionSpec): Promise<string[]> {
  return [
    ...(await missingFiles(spec)),
    ...(await failing(resolveConfiguration(spec))),
    ...(await failing(serviceUser(processOf(spec)))),
  ];
}

async function missingFiles(spec: RevisionSpec): Promise<string[]> {
  const missing: string[] = [];
  for (const file of processOf(spec).files) {
    if (await isThere(file)) continue;
    const hint = await versionHint(file, spec.version);
    missing.push(hint ?? `missing file ${file}: put it there before the start`);
  }
  return missing;
}

/** Where the version is a part of the path that is not there: which versions are, with the one that was probably meant. */
async function versionHint(file: string, version: string): Promise<string | undefined> {
  const segments = file.split('/');
  const at = segments.findIndex((segment) => segment.includes(version));
  const [before = '', after = ''] = (segments[at] ?? '').split(version);
  const folder = segments.slice(0, at).join('/');
  const named = `${folder}/${segments[at] ?? ''}`;
  if (at < 1 || (await isThere(named))) return undefined;
  const versions = (await namesIn(folder))
    .filter((name) => name.length > before.length + after.length)
    .filter((name) => name.startsWith(before) && name.endsWith(after))
    .map((name) => name.slice(before.length, name.length - after.length))
    .sort();
  const some = versions.slice(0, MOST_VERSIONS).join(', ');
  const there = some === '' ? 'no version is there' : `there are ${some}`;
  return `there is no version ${version}${didYouMean(version, versions)}: missing file ${file}; ${there}`;
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

/** Secrets that are not found, and why its processes cannot be started as whom they are to run as. */
async function failing(found: Promise<unknown>): Promise<string[]> {
  return found.then(
    () => [],
    (error: unknown) => [error instanceof Error ? error.message : String(error)],
  );
}
