// Which files `npm test` runs, and which of them in one process: for scripts/test.ts.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';

const TESTS = resolve(import.meta.dirname, '..', 'test');

/**
 * Areas whose tests start no process and leave nothing behind in their own: a process for each file would take
 * longer to start than its tests to run. Their hooks belong into a `describe`: one outside would be for all files.
 */
const TOGETHER: readonly string[] = ['activities', 'bench', 'config', 'domain', 'reports'];

/** Areas, files, or paths to either, nothing for all areas; only files one folder deep are tests. */
export function filesOf(what: readonly string[], suffix: string): string[] {
  return (what.length > 0 ? what : readdirSync(TESTS)).flatMap((one) => filesAt(one, suffix));
}

/** What the test runner gets, and the environment that the one process for many files reads. */
export function gathered(files: readonly string[]): { entries: string[]; env: NodeJS.ProcessEnv } {
  const many = files.filter((file) => TOGETHER.some((area) => dirname(file) === join(TESTS, area)));
  if (many.length < 2) return { entries: [...files], env: {} };
  const rest = files.filter((file) => !many.includes(file));
  return {
    entries: [join(TESTS, 'support', 'together.ts'), ...rest],
    env: { FAIRLEAD_TEST_TOGETHER: many.join(delimiter) },
  };
}

function filesAt(what: string, suffix: string): string[] {
  const path = [resolve(TESTS, '..', what), join(TESTS, what)].find((one) => existsSync(one));
  if (path === undefined) throw new Error(`there is no file or test area called ${what}`);
  if (statSync(path).isFile()) return path.endsWith('.ts') ? [path] : [];
  return readdirSync(path)
    .filter((name) => name.endsWith(suffix))
    .map((name) => join(path, name));
}
