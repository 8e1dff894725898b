// Runs many test files in one process: starting one takes two seconds of a processor, most of it for loading what all
// of them use. Each file is a suite of its own, so its hooks are run around its own tests. For scripts/test.ts.
import { createRequire, syncBuiltinESMExports } from 'node:module';
import type NodeTest from 'node:test';
import { relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './entry.ts';

type Register = (...args: unknown[]) => unknown;
type Registration = () => unknown;
type Runner = Pick<typeof NodeTest, (typeof REGISTERING)[number]>;

/** What a file calls to say which tests it has. */
const REGISTERING = ['describe', 'test', 'before', 'after', 'beforeEach', 'afterEach'] as const;

const runner = createRequire(import.meta.url)('node:test') as Runner;
const { after, describe, test } = runner;

/** How long a process may go on after its last test before that is a failure. */
const ENDS_WITHIN_MS = 20_000;

/** What the file that is being loaded has registered; undefined while none is. */
let registered: Registration[] | undefined;
for (const name of REGISTERING) {
  const register = runner[name] as Register;
  const later: Register = (...args) =>
    registered === undefined ? register(...args) : registered.push(() => register(...args));
  Object.assign(runner, { [name]: Object.assign(later, register) });
}
syncBuiltinESMExports();

/** `area` names them all; `atATime` files are run side by side, and the tests of each one after the other. */
export async function runTogether(area: string, atATime: number, files: string[]): Promise<void> {
  const suites: { name: string; has: Registration[] }[] = [];
  for (const file of files) suites.push({ name: relative(ROOT, file), has: await loaded(file) });
  describe(area, { concurrency: atATime }, () => {
    for (const { name, has } of suites) {
      describe(name, { concurrency: 1 }, () => {
        for (const register of has) register();
      });
    }
  });
  after(() => {
    setTimeout(endLoudly, ENDS_WITHIN_MS, area).unref();
  });
}

/** Only reached where something that was left open keeps the process alive: better a failure than to wait for ever. */
function endLoudly(area: string): void {
  const open = process.getActiveResourcesInfo().join(', ');
  process.stderr.write(`the tests of ${area} are over, and their process does not end: ${open}\n`);
  process.exit(1);
}

/** What a file registers; one that cannot be loaded is a test that fails. */
async function loaded(file: string): Promise<Registration[]> {
  const has: Registration[] = [];
  registered = has;
  try {
    await import(pathToFileURL(file).href);
  } catch (error) {
    has.push(() =>
      test('is loaded', () => {
        throw error;
      }),
    );
  }
  registered = undefined;
  return has;
}
