// What `fairlead init` can tell of a service from the files that lie there: the program and its versions, its health
// path, its folder of data. A guess: everything is shown, can be given by a flag, and stands in the file with comments.
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, posix } from 'node:path';
import { isRecord, textAt } from '../../domain/json.ts';

export interface Guess {
  /** As in the system file, with `{version}` where versions differ; undefined when no program was found. */
  command: string[] | undefined;
  /** What could be deployed, oldest first. */
  versions: string[];
  health: string;
  /** Does the program read the port that it is given? `undefined`: nobody could tell. */
  readsPort: boolean | undefined;
}

const RUNNERS: Readonly<Record<string, string[]>> = {
  '.py': ['python3'],
  '.mjs': ['node'],
  '.js': ['node'],
  '.cjs': ['node'],
  '.rb': ['ruby'],
  '.sh': ['sh'],
  '.jar': ['java', '-jar'],
};
const VERSION_LIKE = /^v?\d[\w.-]*$/;
/** What the file that is started is usually called, the likeliest first. */
const ENTRIES = ['main', 'app', 'server', 'index', 'service'];
/** Folders that hold one folder or file per version. */
const HOMES = ['', 'versions', 'releases'];
const HEALTH = /["'`](\/(?:healthz?|ready|readyz|livez?|status|ping|up))["'`?]/;

/** `folder` is where the program lies; `prefix` leads there from the folder of the system file. */
export async function guessedFrom(folder: string, prefix: string): Promise<Guess> {
  for (const home of HOMES) {
    const found = await versionedIn(join(folder, home));
    if (found === undefined) continue;
    const { file, versions, source } = found;
    return guess(
      posix.join(prefix, home, file),
      versions,
      await textOf(join(folder, home, source)),
    );
  }
  const single = await singleProgram(folder);
  if (single === undefined)
    return { command: undefined, versions: [], health: '/health', readsPort: undefined };
  return guess(posix.join(prefix, single), ['v1'], await textOf(join(folder, single)));
}

function guess(file: string, versions: string[], source: string): Guess {
  const [, health = '/'] = HEALTH.exec(source) ?? [];
  const readsPort = source === '' ? undefined : /\bPORT\b/.test(source);
  return { command: [...(RUNNERS[extname(file)] ?? []), file], versions, health, readsPort };
}

interface Versioned {
  /** `{version}.py`, or `{version}/app.py`. */
  file: string;
  versions: string[];
  /** The file of the oldest version. */
  source: string;
}

async function versionedIn(folder: string): Promise<Versioned | undefined> {
  const { files, folders } = await namesIn(folder);
  for (const ending of Object.keys(RUNNERS)) {
    const stems = files
      .filter((one) => extname(one) === ending)
      .map((one) => one.slice(0, -ending.length));
    const versions = stems.filter((one) => VERSION_LIKE.test(one));
    const [first] = versions;
    if (first !== undefined)
      return { file: `{version}${ending}`, versions, source: `${first}${ending}` };
  }
  const versions = folders.filter((one) => VERSION_LIKE.test(one));
  const [first] = versions;
  const entry = first === undefined ? undefined : await singleProgram(join(folder, first));
  if (first === undefined || entry === undefined) return undefined;
  return { file: `{version}/${entry}`, versions, source: `${first}/${entry}` };
}

/** What package.json starts, or a file that is called as such files are. */
async function singleProgram(folder: string): Promise<string | undefined> {
  const { files } = await namesIn(folder);
  const started = files.includes('package.json')
    ? await ofPackage(join(folder, 'package.json'))
    : undefined;
  if (started !== undefined) return started;
  return ENTRIES.flatMap((entry) => Object.keys(RUNNERS).map((ending) => `${entry}${ending}`)).find(
    (one) => files.includes(one),
  );
}

async function ofPackage(file: string): Promise<string | undefined> {
  try {
    const manifest: unknown = JSON.parse(await textOf(file));
    const scripts = isRecord(manifest) ? manifest['scripts'] : undefined;
    const [, started] = /^node (?:\.\/)?([\w./-]+)$/.exec(textAt(scripts, 'start') ?? '') ?? [];
    const main = started ?? textAt(manifest, 'main');
    return main !== undefined && extname(main) in RUNNERS ? posix.normalize(main) : undefined;
  } catch {
    return undefined;
  }
}

/** Sorted as people number: v2 before v10. */
async function namesIn(folder: string): Promise<{ files: string[]; folders: string[] }> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const sorted = (kind: 'isFile' | 'isDirectory'): string[] =>
    entries
      .filter((one) => one[kind]())
      .map(({ name }) => name)
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return { files: sorted('isFile'), folders: sorted('isDirectory') };
}

async function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}
