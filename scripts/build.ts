// Builds dist: compiles src, then bundles the workflows. Nothing is done when dist is what these sources make already.
// Usage: node --import tsx scripts/build.ts. `npm run build` runs it, and `npm test` before the tests.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const MARK = join(root, 'dist', '.built');
const SOURCES = [
  'src',
  'scripts/build.ts',
  'scripts/bundle.ts',
  'tsconfig.json',
  'package-lock.json',
];

const sources = digestOf(SOURCES);
if (isBuilt()) console.error('dist is built from these sources already');
else process.exitCode = await build();

async function build(): Promise<number> {
  // Types are `npm run typecheck`'s: looking at them here too would double the time of a build.
  const compiler = join('node_modules', 'typescript', 'bin', 'tsc');
  const compiled = await node([compiler, '-p', '.', '--noCheck']);
  if (compiled !== 0) return compiled;
  const bundled = await node(['--import', 'tsx', join('scripts', 'bundle.ts')]);
  // Somebody may have saved a file meanwhile: then nobody knows which of them is in dist.
  if (bundled === 0 && digestOf(SOURCES) === sources) writeFileSync(MARK, mark());
  return bundled;
}

function isBuilt(): boolean {
  return existsSync(MARK) && readFileSync(MARK, 'utf8') === mark();
}

/** Of what went in and of what came out: a dist that was changed or lost a file is built anew. */
function mark(): string {
  return `${sources}\n${digestOf(['dist'])}\n`;
}

function digestOf(paths: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of paths.flatMap(filesIn).sort()) {
    if (file === MARK) continue;
    hash.update(`${file}\n`).update(createHash('sha256').update(readFileSync(file)).digest());
  }
  return hash.digest('hex');
}

function filesIn(path: string): string[] {
  const there = join(root, path);
  if (!existsSync(there)) return [];
  if (statSync(there).isFile()) return [there];
  const entries = readdirSync(there, { recursive: true, withFileTypes: true });
  return entries.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
}

async function node(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
  const stop = () => child.kill();
  process.once('SIGTERM', stop);
  await once(child, 'exit');
  process.off('SIGTERM', stop);
  return child.exitCode ?? 1;
}
