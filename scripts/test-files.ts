// Which files `npm test` runs, and which of them in one process: for scripts/test.ts.
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

const TESTS = resolve(import.meta.dirname, '..', 'test');

/** Areas whose tests start no process and ask no server. */
const PURE = [
  ...['activities', 'bench', 'config', 'domain', 'hooks'],
  ...['platforms', 'replay', 'reports', 'runbooks', 'scripts'],
];

/**
 * Which areas share a process, the longest first, and how many of their files it runs at a time: more where tests
 * wait for servers and clocks, one where they only use the processor.
 */
const TOGETHER: readonly { name: string; areas: readonly string[]; atATime: number }[] = [
  { name: 'workflows', areas: ['workflows'], atATime: 4 },
  { name: 'datastores', areas: ['datastores'], atATime: 2 },
  { name: 'cli', areas: ['cli'], atATime: 2 },
  // Some of their tests change the PATH of their process for a while.
  { name: 'isolated', areas: ['isolated'], atATime: 1 },
  { name: 'local', areas: ['local'], atATime: 2 },
  { name: 'embedded', areas: ['embedded'], atATime: 2 },
  { name: 'integrations', areas: ['integrations', 'watching'], atATime: 2 },
  { name: 'browser', areas: ['browser'], atATime: 2 },
  // All of them share one cluster.
  { name: 'kubernetes', areas: ['kubernetes'], atATime: 1 },
  { name: 'pure', areas: PURE, atATime: 1 },
];

/** Areas that are run only where they are asked for: what they need is built for many minutes. */
const ONLY_BY_NAME: readonly string[] = ['kubernetes'];

/** Files whose tests look at what belongs to a whole process: its memory, its log, what it has loaded. */
const ALONE: readonly string[] = [
  'cli/loaded-for-help.test.ts',
  'datastores/postgres-troubles.test.ts',
  'workflows/secrets.test.ts',
];

/** The tests of areas and of the folders below them; areas, files, or paths to either, nothing for all that are usual. */
export function filesOf(what: readonly string[], suffix: string): string[] {
  const all = (): string[] => readdirSync(TESTS).filter((one) => !ONLY_BY_NAME.includes(one));
  return (what.length > 0 ? what : all()).flatMap((one) => filesAt(one, suffix));
}

/** Whether any of them asks Temporal. */
export function needServer(files: readonly string[]): boolean {
  return files.some((file) => !isIn(file, PURE));
}

/** What the test runner gets: files that run alone, and one written into `folder` for each that gathers many. */
export function gathered(files: readonly string[], folder: string): string[] {
  const left = new Set(files);
  const entries = TOGETHER.flatMap(({ name, areas, atATime }, index) => {
    const many = files.filter((file) => isIn(file, areas) && !isAlone(file));
    if (many.length < 2) return [];
    for (const file of many) left.delete(file);
    const entry = join(folder, `${index}-${name}.mjs`);
    const gather = pathToFileURL(join(TESTS, 'support', 'together.ts')).href;
    writeFileSync(
      entry,
      `import { runTogether } from ${JSON.stringify(gather)};\n` +
        `await runTogether(...${JSON.stringify([name, atATime, many])});\n`,
    );
    return [entry];
  });
  return [...entries, ...left];
}

function isIn(file: string, areas: readonly string[]): boolean {
  return areas.some((area) => file.startsWith(join(TESTS, area, sep)));
}

function isAlone(file: string): boolean {
  return ALONE.some((one) => file === join(TESTS, one));
}

function filesAt(what: string, suffix: string): string[] {
  const path = [resolve(TESTS, '..', what), join(TESTS, what)].find((one) => existsSync(one));
  if (path === undefined) throw new Error(`there is no file or test area called ${what}`);
  if (statSync(path).isFile()) return path.endsWith('.ts') ? [path] : [];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(suffix))
    .sort()
    .map((name) => join(path, name));
}
