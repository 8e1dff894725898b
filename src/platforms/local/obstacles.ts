// What a start of a revision would need and does not find, as sentences. Looks only.
import { access, readdir } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { textAt } from '../../domain/json.ts';
import type { RevisionSpec } from '../../domain/rollout/model.ts';
import { SCRIPT } from '../../domain/text/names.ts';
import { didYouMean } from '../../domain/text/did-you-mean.ts';
import { serviceUser } from '../../machine/service-user.ts';
import { processOf, resolveConfiguration } from './start-process.ts';

const MOST_VERSIONS = 20;

export async function missingFor(spec: RevisionSpec): Promise<string[]> {
  return [
    ...(await missingFiles(spec)),
    ...(await missingOfCommand(spec)),
    ...(await failing(resolveConfiguration(spec))),
    ...(await failing(serviceUser(processOf(spec)))),
  ];
}

async function missingFiles(spec: RevisionSpec): Promise<string[]> {
  const missing: string[] = [];
  for (const file of processOf(spec).files) {
    if (!(await isThere(file))) missing.push(await whatIsMissing(file, 'file', spec));
  }
  return missing;
}

const INTERPRETER = /^(?:node|bun|deno|python[\d.]*|ruby|perl|php|java|(?:ba|da|z|k)?sh)$/;

/** What its command cannot do without: its folder, its program, the script that an interpreter is given. Each file that is named by `files` was looked for already. */
async function missingOfCommand(spec: RevisionSpec): Promise<string[]> {
  const { command, directory, files } = processOf(spec);
  const [program = '', ...args] = command;
  if (await isMissing(directory)) return [await whatIsMissing(directory, 'folder', spec)];
  if (!(await isFound(program, directory, spec))) {
    return [
      `there is no program ${program}${program.includes('/') ? ` in ${directory}` : ' on its PATH'}`,
    ];
  }
  const paths = scriptsIn(program, args, spec.version).map((one) => resolve(directory, one));
  const missing: string[] = [];
  for (const path of paths.filter((one) => !files.includes(one))) {
    if (await isMissing(path)) missing.push(await whatIsMissing(path, 'file', spec));
  }
  return missing;
}

/** The scripts among the arguments of an interpreter. Whether another program, or an argument further on, reads or writes a file nobody knows. */
function scriptsIn(program: string, args: readonly string[], version: string): string[] {
  if (!INTERPRETER.test(basename(program))) return [];
  const isFirst = (at: number): boolean => at === 0 || args[at - 1] === '-jar';
  return args.filter((one, at) => SCRIPT.test(one) && (isFirst(at) || one.includes(version)));
}

async function isFound(program: string, directory: string, spec: RevisionSpec): Promise<boolean> {
  if (program.includes('/')) return !(await isMissing(resolve(directory, program)));
  const own = spec.configuration['PATH'];
  const path = typeof own === 'string' ? own : (process.env['PATH'] ?? '');
  const folders = path.split(':').map((one) => resolve(directory, one, program));
  const missing = await Promise.all(folders.map(isMissing));
  return missing.includes(false);
}

async function whatIsMissing(
  path: string,
  what: 'file' | 'folder',
  { version }: RevisionSpec,
): Promise<string> {
  return (
    (await versionHint(path, version)) ?? `missing ${what} ${path}: put it there before the start`
  );
}

/** Of what cannot be seen it is not said that it is missing. */
async function isMissing(path: string): Promise<boolean> {
  return access(path).then(
    () => false,
    (error: unknown) => ['ENOENT', 'ENOTDIR'].includes(textAt(error, 'code') ?? ''),
  );
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
