// Runs the tests on a Kubernetes cluster: as root where the network of its pods can be made, else in a network namespace
// of its own. Usage: node --import tsx scripts/test-kubernetes.ts [FILE ...]; `npm run test:kubernetes` runs it.
import { execFileSync, spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

const INSIDE = 'FAIRLEAD_TEST_INSIDE_NAMESPACE';
const files = process.argv.slice(2);
const own = ['--import', 'tsx', resolve(import.meta.dirname, 'test-kubernetes.ts'), ...files];
const tests = resolve(import.meta.dirname, 'test.ts');

if (process.getuid?.() === 0) {
  // A namespace begins without its loopback.
  if (process.env[INSIDE] !== undefined) execFileSync('ip', ['link', 'set', 'lo', 'up']);
  const what = files.length > 0 ? files : ['kubernetes'];
  run(process.execPath, ['--import', 'tsx', tests, ...what]);
} else {
  run('unshare', ['--user', '--map-root-user', '--net', process.execPath, ...own]);
}

function run(program: string, args: readonly string[]): void {
  const env = { ...process.env, [INSIDE]: '1' };
  const isOwn = program === process.execPath;
  const { status, error } = spawnSync(program, args, {
    stdio: 'inherit',
    env: isOwn ? process.env : env,
  });
  if (error) console.error(`${program} could not be started: ${error.message}`);
  process.exitCode = status ?? 1;
}
