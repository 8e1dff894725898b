// Builds dist: bundles the programs, then the workflows. Nothing is done when dist is what these sources make already.
// Usage: node --import tsx scripts/build.ts. `npm run build` runs it, and `npm test` before the tests.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { build as esbuild, type Plugin } from 'esbuild';

const root = resolve(import.meta.dirname, '..');
const MARK = join(root, 'dist', '.built');
const SOURCES = [
  'src',
  'scripts/build.ts',
  'scripts/bundle.ts',
  'tsconfig.json',
  'package-lock.json',
];
/** What is started by its path, as `machine/own-modules.ts` finds it, besides the command line. */
const PROGRAMS = [
  'worker',
  'hooks',
  'stop-without-temporal',
  'payload-converter',
  'platforms/local/daemon',
  'platforms/local/isolation/look',
  'platforms/local/isolation/relay',
  'datastores/servers/alone',
  'platforms/local/isolation/inside/runner',
  'embedded/sdk-download',
  'embedded/private/enclosed',
  // Of these, tests make programs of their own: a worker with a barrier in it, stand-ins for what `up` starts.
  'worker-assembly',
  'config/environment',
  'machine/process-identity',
];
const REQUIRE =
  "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);";

/**
 * The messages of the SDK's client without those that only a worker and Temporal's cloud take. The SDK makes an object of each
 * whenever it is loaded, which is most of what loading it takes. Fails where the SDK keeps them otherwise.
 */
const clientProtocol: Plugin = {
  name: 'client-protocol',
  setup: (building) => {
    building.onLoad({ filter: /@temporalio\/proto\/protos\/json-module\.js$/ }, ({ path }) => {
      const known = createRequire(path)(path) as { toJSON: () => ProtocolJson };
      const { nested } = known.toJSON();
      const { coresdk, ...others } = nested;
      const { cloud, ...api } = others.temporal.nested.api.nested;
      if (coresdk === undefined || cloud === undefined) throw new Error(`${path}: other messages`);
      others.temporal.nested.api.nested = api;
      const root = "(protobuf.roots['__temporal'] ??= new protobuf.Root())";
      const contents = `const protobuf = require('protobufjs/light');\nmodule.exports = ${root}.addJSON(${JSON.stringify(others)});`;
      return { contents, loader: 'js' };
    });
  },
};

interface ProtocolJson {
  nested: {
    coresdk?: unknown;
    temporal: { nested: { api: { nested: Record<string, unknown> } } };
  };
}

const sources = digestOf(SOURCES);
if (isBuilt()) console.error('dist is built from these sources already');
else process.exitCode = await build();

async function build(): Promise<number> {
  // The command line with the packages that it uses: loading them file by file takes longer than most commands.
  // The others start once, and load native parts. Types are `npm run typecheck`'s.
  const made = [
    ...(await written(['client'], 'cli', 'bundle')),
    ...(await written(PROGRAMS, 'parts', 'external')),
  ];
  const code = await node(['--import', 'tsx', join('scripts', 'bundle.ts')]);
  if (code !== 0) return code;
  const kept = new Set([...made, join('dist', 'workflow-bundle.js')]);
  for (const file of filesIn('dist').filter((one) => !kept.has(relative(root, one)))) rmSync(file);
  // Somebody may have saved a file meanwhile: then nobody knows which of them is in dist.
  if (digestOf(SOURCES) === sources) writeFileSync(MARK, mark());
  return 0;
}

/** Writes modules of src, and what they share in a folder beside them. Returns the files, from the repository's root. */
async function written(
  modules: readonly string[],
  shared: string,
  packages: 'bundle' | 'external',
): Promise<string[]> {
  const { metafile } = await esbuild({
    entryPoints: Object.fromEntries(modules.map((name) => [name, join('src', `${name}.ts`)])),
    outdir: 'dist',
    chunkNames: join(shared, '[name]-[hash]'),
    packages,
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
    // Packages in the older form of modules ask for node's by `require`.
    ...(packages === 'bundle' && { banner: { js: REQUIRE }, plugins: [clientProtocol] }),
  });
  return Object.keys(metafile.outputs);
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
