// Programs that Debian carries and tests use: found on PATH or in the cache, or unpacked from their package into
// the cache. Nothing is installed, so no service is started.
import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { cacheFolder, intoCache, isThere, type Getting } from '../../src/embedded/download.ts';
import type { Environment } from '../../src/config/settings.ts';

/** The program of the package of the same name; undefined where it is neither on PATH nor in the cache. */
export function findDebianProgram(
  name: string,
  env: Environment = process.env,
): string | undefined {
  const folders = (env['PATH'] ?? '').split(delimiter).filter(Boolean);
  const paths = [
    ...folders.map((folder) => join(folder, name)),
    join(folderOf(name, env), inside(name)),
  ];
  return paths.find(isThere);
}

/** The same, and if it is not there, from the package. Throws with what apt said. */
export async function getDebianProgram(
  name: string,
  { env, say }: Getting,
  /** Of the program and of what it needs that a machine may lack. */
  packages: readonly string[] = [name],
): Promise<string> {
  const found = findDebianProgram(name, env);
  if (found !== undefined) return found;
  if (!isThere('/usr/bin/apt-get')) throw new Error(`install ${name}, so that it is on PATH`);
  say(`Getting ${name} with apt-get ...`);
  return intoCache(folderOf(name, env), inside(name), say, async (folder) => {
    download(packages, folder);
    const files = readdirSync(folder).filter((one) => one.endsWith('.deb'));
    if (files.length < packages.length) throw new Error(`apt-get downloaded too little of ${name}`);
    for (const file of files) {
      execFileSync('dpkg-deb', ['-x', join(folder, file), folder], { stdio: ['ignore', 2, 2] });
      rmSync(join(folder, file));
    }
  });
}

/** Needs no root; where the lists of packages are missing, only root can get them. */
function download(packages: readonly string[], folder: string): void {
  const apt = (args: string[]): void => {
    execFileSync('apt-get', ['-qq', ...args], { cwd: folder, stdio: ['ignore', 2, 2] });
  };
  try {
    apt(['download', ...packages]);
  } catch (error) {
    if (process.getuid?.() !== 0) throw error;
    apt(['update']);
    apt(['download', ...packages]);
  }
}

function folderOf(name: string, env: Environment): string {
  return join(cacheFolder(env), `debian-${name}`);
}

function inside(name: string): string {
  return join('usr', 'bin', name);
}
