// Folders, programs and files that a system file names and that are not there, seen from where `check` runs.
import { access, constants, readdir, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import type { Datastore } from '../datastores.ts';
import { shown } from '../reading/wording.ts';
import { whyNotConvertible } from '../../datastores/files/settings.ts';
import { SCRIPT } from '../../domain/text/names.ts';
import { under, type Remark } from '../remark.ts';
import type { Service } from '../system.ts';

/** `folder`: where relative paths start. */
export async function serviceFilesMissing(
  service: Service,
  folder: string,
  searchPath: string,
): Promise<Remark[]> {
  const directory = resolve(folder, service.directory);
  if (!(await isFolder(directory))) {
    return [
      { path: ['directory'], message: `there is no folder ${directory}; make it, or name another` },
    ];
  }
  const files = service.files.map(async (file, at) =>
    under(['files', at], await fileMissing(file, folder)),
  );
  const checks = (['preflight', 'smoke', 'preview', 'watch'] as const).flatMap((point) =>
    service.checks[point].map(async ({ command = [] }, at) =>
      under(['checks', point, at], await programMissing(command, folder, searchPath)),
    ),
  );
  const own = programMissing(service.command ?? [], directory, searchPath);
  return (await Promise.all([own, ...files, ...checks])).flat();
}

/** What keeps a recovery from putting a backup in the place of live files: said on a quiet day. */
async function plainForGood(path: string, folder: string): Promise<Remark[]> {
  const why = await whyNotConvertible(path, folder);
  if (why === undefined) return [];
  const message = `\`fairlead recover\` cannot put a backup in its place: ${why}`;
  return [{ path: ['directory'], message }];
}

export async function storeFolderMissing(store: Datastore, folder: string): Promise<Remark[]> {
  const { directory, role } = store;
  if (store.kind !== 'files' || directory === undefined) return [];
  const path = resolve(folder, directory);
  if (await isFolder(path)) return role === 'derived' ? [] : plainForGood(path, folder);
  return [
    {
      path: ['directory'],
      message: `there is no folder ${path}, so there would be nothing to back up; make it, or name another`,
    },
  ];
}

/** What a restore of a backup takes: found today, and not on the day on which everything depends on it. */
export async function storeKeyMissing(
  { backup: { encryption }, password }: Datastore,
  folder: string,
): Promise<Remark[]> {
  const at = ['backup', 'encryption'];
  const identity = encryption?.identity;
  const keyless: Remark[] =
    encryption !== undefined && identity === undefined
      ? [
          {
            path: at,
            message:
              'names no private key: nothing that is backed up can be proved or restored; write identity: {file: PATH} or {env: NAME}',
          },
        ]
      : [];
  const files = [
    under([...at, 'identity'], await secretFileMissing(identity, folder)),
    under(['password'], await secretFileMissing(password, folder)),
  ];
  return [...keyless, ...files.flat()];
}

async function secretFileMissing(
  reference: Datastore['password'],
  folder: string,
): Promise<Remark[]> {
  if (reference === undefined || !('file' in reference)) return [];
  return fileMissing(reference.file, folder);
}

/** The program of a command, and the first of its arguments that looks like a script. */
export async function programMissing(
  command: readonly string[],
  directory: string,
  searchPath: string,
): Promise<Remark[]> {
  const [program, ...args] = command;
  if (program === undefined) return [];
  const found = program.includes('/')
    ? fileMissing(program, directory)
    : notOnPath(program, searchPath);
  const [script, at] = firstScript(args);
  const remarks = await Promise.all([
    found.then((said) => under(['command', 0], said)),
    script === ''
      ? []
      : fileMissing(script, directory).then((said) => under(['command', at + 1], said)),
  ]);
  return remarks.flat();
}

function firstScript(args: readonly string[]): [string, number] {
  const at = args.findIndex((one) => SCRIPT.test(one));
  return [args[at] ?? '', at];
}

async function notOnPath(program: string, searchPath: string): Promise<Remark[]> {
  if (program.includes('{')) return [];
  for (const folder of searchPath.split(':').filter((one) => one !== '')) {
    if (await isProgram(join(folder, program))) return [];
  }
  return [
    {
      path: [],
      message: `no program ${shown(program)} is on the PATH here; install it, or write where it is`,
    },
  ];
}

/** A path with `{version}` is there when a file of any version is. */
async function fileMissing(file: string, directory: string): Promise<Remark[]> {
  const path = isAbsolute(file) ? file : join(directory, file);
  if (!path.includes('{')) {
    return (await isThere(path)) ? [] : [{ path: [], message: `there is no file ${path}` }];
  }
  const folder = dirname(path);
  // Any folder may be that of a version.
  if (folder.includes('{')) return [];
  const [before = '', ...after] = basename(path).split(/\{\w+\}/);
  const last = after.at(-1) ?? '';
  const names = await readdir(folder).catch(() => []);
  if (names.some((name) => name.startsWith(before) && name.endsWith(last))) return [];
  return [{ path: [], message: `there is no file ${path} of any version yet` }];
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (one) => one.isDirectory(),
    () => false,
  );
}

async function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
