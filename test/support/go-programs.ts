// Programs that are had as Go modules and nothing else: found on PATH or in the cache, or built into the cache from one
// exact version whose sum is checked. What Go has downloaded and compiled stays in its own caches: a build that was cut
// off goes on from there.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '../../src/config/environment.ts';
import { cacheFolder, intoCache, isThere, run, type Getting } from '../../src/embedded/download.ts';

interface Module {
  path: string;
  version: string;
  /** What Go's checksum database has for it. */
  sum: string;
  /** Its main packages, by the names of their programs. */
  programs: Readonly<Record<string, string>>;
  tags: readonly string[];
  /** What has to be changed in its source before it builds, or does what is needed. */
  change?: (source: string) => void;
}

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
    tags: [],
  },
} satisfies Record<string, Module>;

export type GoModule = keyof typeof MODULES;

const BUILD_MS = 20 * 60_000;
const ATTEMPTS = 3;
const NO_GO = 'install Go 1.25 or newer, so that it is on PATH';
const AGAIN_AFTER_MS = 5_000;

/** The folder that has all programs of a module; undefined where they are neither on PATH nor in the cache. */
export function findGoPrograms(name: GoModule, env: Environment = process.env): string | undefined {
  const folders = (env['PATH'] ?? '').split(delimiter).filter(Boolean);
  const programs = Object.keys(MODULES[name].programs);
  return [...folders, folderOf(name, env)].find((folder) =>
    programs.every((program) => isThere(join(folder, program))),
  );
}

/** The same as `findGoPrograms`, and if they are not there, builds them. Throws with what Go said. */
export async function getGoPrograms(name: GoModule, getting: Getting): Promise<string> {
  const found = findGoPrograms(name, getting.env);
  if (found !== undefined) return found;
  const module: Module = MODULES[name];
  getting.say(`Building ${name} ${module.version} with go, which takes minutes ...`);
  const target = folderOf(name, getting.env);
  const builds = Object.entries(module.programs).reverse();
  const [last = ''] = builds.at(-1) ?? [];
  await intoCache(target, last, getting.say, async (folder) => {
    const source = join(folder, 'source');
    const { signal, env } = getting;
    const kept = await downloaded(module, folder, getting);
    // Go keeps it so that nobody can change it.
    const copy = ['-R', '--no-preserve=mode', kept, source];
    await run('cp', copy, { env, timeoutMs: BUILD_MS, signal });
    module.change?.(source);
    const tags = module.tags.length === 0 ? [] : ['-tags', module.tags.join(',')];
    for (const [program, main] of builds) {
      const flags = ['-trimpath', '-buildvcs=false', ...tags, '-o', join(folder, program)];
      await go(['build', '-C', source, ...flags, main], getting);
    }
    rmSync(source, { recursive: true });
  });
  return target;
}

/** Where Go keeps the files of a module. By a go.mod that requires it: not every proxy tells of a version by itself. */
async function downloaded(
  { path, version, sum, programs }: Module,
  folder: string,
  getting: Getting,
): Promise<string> {
  const own = join(folder, 'own');
  mkdirSync(own);
  writeFileSync(join(own, 'go.mod'), `module parts\n\nrequire ${path} ${version}\n`);
  const [main = ''] = Object.values(programs);
  const list = ['list', '-C', own, '-mod=mod', '-f', '{{.Module.Dir}}', join(path, main)];
  const said = await go(list, getting);
  const sums = readFileSync(join(own, 'go.sum'), 'utf8').split('\n');
  rmSync(own, { recursive: true });
  if (sums.includes(`${path} ${version} ${sum}`)) return said.trim();
  throw new Error(`${path}@${version} has another sum than ${sum}: it is another source`);
}

/** Tried again: a module proxy that is away for a moment is no reason to go without a part. */
async function go(args: readonly string[], { env, say, signal }: Getting): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      // Of no workspace that somebody has around the cache.
      const own = { ...env, GOWORK: 'off' };
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

function folderOf(name: GoModule, env: Environment): string {
  return join(cacheFolder(env), `go-${name}-${MODULES[name].version}`);
}
