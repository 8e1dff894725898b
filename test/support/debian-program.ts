// Programs that Debian carries and tests and measurements use: found on PATH or in the cache, or unpacked from their
// packages into the cache. Nothing is installed, so no service is started.
import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { cacheFolder, intoCache, isThere, type Getting } from '../../src/embedded/download.ts';
import type { Environment } from '../../src/config/environment.ts';

interface Package {
  /** Where the program lies in the package of its name. */
  path: string;
  /** Packages with what it needs and a small installation does not have. */
  needs: readonly string[];
}

const PACKAGES = {
  prometheus: { path: 'usr/bin/prometheus', needs: [] },
  'prometheus-alertmanager': { path: 'usr/bin/prometheus-alertmanager', needs: [] },
  wrk: { path: 'usr/bin/wrk', needs: ['libluajit-5.1-2'] },
  nginx: { path: 'usr/sbin/nginx', needs: [] },
  haproxy: {
    path: 'usr/sbin/haproxy',
    needs: ['liblua5.3-0', 'libopentracing-c-wrapper0', 'libopentracing1'],
  },
  'redis-server': {
    path: 'usr/bin/redis-server',
    needs: ['redis-tools', 'libjemalloc2', 'liblzf1', 'libatomic1'],
  },
  pgbouncer: { path: 'usr/sbin/pgbouncer', needs: ['libevent-2.1-7', 'libc-ares2'] },
} satisfies Record<string, Package>;

export type DebianProgram = keyof typeof PACKAGES;

/** The program of the package of the same name; undefined where it is neither on PATH nor in the cache. */
export function findDebianProgram(
  name: DebianProgram,
  env: Environment = process.env,
): string | undefined {
  const folders = (env['PATH'] ?? '').split(delimiter).filter(Boolean);
  const paths = [
    ...folders.map((folder) => join(folder, name)),
    join(folderOf(name, env), PACKAGES[name].path),
  ];
  return paths.find(isThere);
}

/** What the program needs in its environment to find the libraries that came with it. */
export function librariesOf(
  name: DebianProgram,
  env: Environment = process.env,
): Record<string, string> {
  const folder = join(folderOf(name, env), 'usr', 'lib');
  if (!isThere(folder)) return {};
  const inside = readdirSync(folder, { withFileTypes: true }).filter((one) => one.isDirectory());
  const paths = [folder, ...inside.map((one) => join(folder, one.name)), env['LD_LIBRARY_PATH']];
  return { LD_LIBRARY_PATH: paths.filter(Boolean).join(delimiter) };
}

/** The same as `findDebianProgram`, and if it is not there, from the packages. Throws with what apt said. */
export async function getDebianProgram(
  name: DebianProgram,
  { env, say }: Getting,
): Promise<string> {
  const found = findDebianProgram(name, env);
  if (found !== undefined) return found;
  if (!isThere('/usr/bin/apt-get')) throw new Error(`install ${name}, so that it is on PATH`);
  say(`Getting ${name} with apt-get ...`);
  const { path, needs } = PACKAGES[name];
  return intoCache(folderOf(name, env), path, say, async (folder) => {
    download([name, ...needs], folder);
    const files = readdirSync(folder).filter((one) => one.endsWith('.deb'));
    if (files.length === 0) throw new Error(`apt-get downloaded no package of ${name}`);
    for (const file of files) {
      execFileSync('dpkg-deb', ['-x', join(folder, file), folder], { stdio: ['ignore', 2, 2] });
      rmSync(join(folder, file));
    }
  });
}

/** Needs no root; where the lists of packages are missing, only root can get them. */
function download(names: string[], folder: string): void {
  const apt = (args: string[]): void => {
    execFileSync('apt-get', ['-qq', ...args], { cwd: folder, stdio: ['ignore', 2, 2] });
  };
  try {
    apt(['download', ...names]);
  } catch (error) {
    if (process.getuid?.() !== 0) throw error;
    apt(['update']);
    apt(['download', ...names]);
  }
}

function folderOf(name: string, env: Environment): string {
  return join(cacheFolder(env), `debian-${name}`);
}
