// Programs that are had as Go modules and nothing else: found on PATH or in the cache, or built into the cache from one
// exact version whose sum is checked. What Go has downloaded and compiled stays in its own caches: a build that was cut
// off goes on from there.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Environment } from '../../src/config/environment.ts';
import { cacheFolder, intoCache, isThere, run, type Getting } from '../../src/embedded/download.ts';
import type { GoModule } from './go-module.ts';
import { HELM, KUBERNETES, TRAEFIK } from './kubernetes/modules.ts';

const MODULES = {
  ferretdb: {
    path: 'github.com/FerretDB/FerretDB',
    version: 'v1.24.2',
    sum: 'h1:trrUU0LbmusMbyubhPS1IELncvrIwKrsRT2LW1UUWCw=',
    programs: { ferretdb: './cmd/ferretdb' },
    tags: ['ferretdb_no_postgresql'],
    change: changeFerretdb,
  },
  'mongo-tools': {
    path: 'github.com/mongodb/mongo-tools',
    version: 'v0.0.0-20260702221138-e4f25276abe9',
    sum: 'h1:/TY8RipWPvnTscm6DOcz1pn1E5EujukPvi9ZqvQJKO0=',
    programs: { mongodump: './mongodump/main', mongorestore: './mongorestore/main' },
  },
  kubernetes: KUBERNETES,
  traefik: TRAEFIK,
  helm: HELM,
} satisfies Record<string, GoModule>;

export type GoPart = keyof typeof MODULES;

/** Of one program, with everything that it is made of. */
const BUILD_MS = 45 * 60_000;
const ATTEMPTS = 3;
const NO_GO = 'install Go 1.25 or newer, so that it is on PATH';
const AGAIN_AFTER_MS = 5_000;

/** The folder that has all programs of a module; undefined where they are neither on PATH nor in the cache. */
export function findGoPrograms(name: GoPart, env: Environment = process.env): string | undefined {
  const folders = (env['PATH'] ?? '').split(delimiter).filter(Boolean);
  const programs = Object.keys(MODULES[name].programs);
  return [...folders, folderOf(name, env)].find((folder) =>
    programs.every((program) => isThere(join(folder, program))),
  );
}

/** The same as `findGoPrograms`, and if they are not there, builds them. Throws with what Go said. */
export async function getGoPrograms(name: GoPart, getting: Getting): Promise<string> {
  const found = findGoPrograms(name, getting.env);
  if (found !== undefined) return found;
  const module: GoModule = MODULES[name];
  getting.say(`Building ${name} ${module.version} with go, which takes minutes ...`);
  const target = folderOf(name, getting.env);
  const builds = Object.entries(module.programs).reverse();
  const [last = ''] = builds.at(-1) ?? [];
  await intoCache(target, last, getting.say, async (folder) => {
    const source = join(folder, 'source');
    const { signal, env } = getting;
    const kept = await downloadedModule(module, folder, getting);
    if (module.wrap === undefined) {
      // Go keeps it so that nobody can change it.
      const copy = ['-R', '--no-preserve=mode', kept, source];
      await run('cp', copy, { env, timeoutMs: BUILD_MS, signal });
      module.change?.(source);
    } else {
      mkdirSync(source);
      module.wrap(source, kept);
    }
    for (const [program, main] of builds) {
      const flags = [...flagsOf(module), '-o', join(folder, program)];
      await go(['build', '-C', source, ...flags, main], getting, module.env);
    }
    rmSync(source, { recursive: true });
  });
  return target;
}

function flagsOf({ tags = [], flags = [] }: GoModule): string[] {
  const tagged = tags.length === 0 ? [] : ['-tags', tags.join(',')];
  return ['-trimpath', '-buildvcs=false', ...tagged, ...flags];
}

/**
 * Where Go keeps the files of a module; `folder` is written in. Throws when its sum is another one. One without a tag by a
 * go.mod that requires it, for not every proxy tells of it by itself; the others by themselves, for what they require
 * need not be whole.
 */
export async function downloadedModule(
  module: GoModule,
  folder: string,
  getting: Getting,
): Promise<string> {
  const own = join(folder, 'own');
  mkdirSync(own);
  const { path, version, sum } = module;
  const isTagged = !/-\d{14}-[0-9a-f]{12}$/.test(version);
  const { directory, sums } = await (isTagged ? byItself : byRequirement)(module, own, getting);
  rmSync(own, { recursive: true });
  if (sums.includes(sum)) return directory;
  throw new Error(`${path}@${version} has another sum than ${sum}: it is another source`);
}

interface Downloaded {
  directory: string;
  sums: readonly string[];
}

const told = z.object({ Dir: z.string(), Sum: z.string() });

async function byItself(
  { path, version }: GoModule,
  own: string,
  getting: Getting,
): Promise<Downloaded> {
  const said = await go(['mod', 'download', '-C', own, '-json', `${path}@${version}`], getting);
  const { Dir, Sum } = told.parse(JSON.parse(said));
  return { directory: Dir, sums: [Sum] };
}

async function byRequirement(
  { path, version, programs }: GoModule,
  own: string,
  getting: Getting,
): Promise<Downloaded> {
  writeFileSync(join(own, 'go.mod'), `module parts\n\nrequire ${path} ${version}\n`);
  const [main = ''] = Object.values(programs);
  const list = ['list', '-C', own, '-mod=mod', '-f', '{{.Module.Dir}}', join(path, main)];
  const directory = (await go(list, getting)).trim();
  const sums = readFileSync(join(own, 'go.sum'), 'utf8').split('\n');
  const start = `${path} ${version} `;
  return {
    directory,
    sums: sums.filter((one) => one.startsWith(start)).map((one) => one.slice(start.length)),
  };
}

/** Tried again: a module proxy that is away for a moment is no reason to go without a part. */
async function go(
  args: readonly string[],
  { env, say, signal }: Getting,
  more: Environment = {},
): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      // Of no workspace that somebody has around the cache.
      const own = { ...env, GOWORK: 'off', ...more };
      return await run('go', [...args], { env: own, timeoutMs: BUILD_MS, signal });
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      if (/ENOENT/.test(said)) throw new Error(NO_GO, { cause: error });
      if (attempt === ATTEMPTS || signal.aborted) throw error;
      say(`  ... go ${args[0] ?? ''} failed and is tried again: ${said.slice(0, 300)}`);
      await sleep(AGAIN_AFTER_MS, undefined, { signal });
    }
  }
}

/**
 * It wants to know its own version, which its release process writes; and it refuses an option of indexes that means
 * nothing and that mongorestore sends.
 */
function changeFerretdb(source: string): void {
  writeFileSync(join(source, 'build', 'version', 'version.txt'), MODULES.ferretdb.version);
  const file = join(source, 'internal', 'handler', 'msg_createindexes.go');
  const text = readFileSync(file, 'utf8');
  const ignored = 'case "background":';
  if (!text.includes(ignored)) throw new Error(`${file} does not say ${ignored} any more`);
  writeFileSync(file, text.replace(ignored, 'case "background", "ns":'));
}

function folderOf(name: GoPart, env: Environment): string {
  return join(cacheFolder(env), `go-${name}-${MODULES[name].version}`);
}
