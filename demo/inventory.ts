// The demonstration of a recovery by binding: orders in a Firestore (an emulator) are damaged while users ask and customers
// order; all of them are kept out, the backups are listed, one is restored into a new database, its orders are verified, ana
// approves what is lost, and the service is started on that database with all users. The worker is killed in the middle.
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { backupLines } from '../src/cli/output/backup-lines.ts';
import { askSystem } from '../src/cli/output/system-status.ts';
import { isBackupList } from '../src/cli/temporal/answers.ts';
import { inspect } from '../src/cli/temporal/inspect.ts';
import {
  copyAddress,
  emulatorProgram,
  startEmulator,
} from '../src/datastores/firestore/scratch-emulator.ts';
import type { Embedded } from '../src/embedded/up.ts';
import { endAllIn } from '../src/machine/end-all-in.ts';
import { Approvers, Killing, missing } from './acts.ts';
import type { Demonstration } from './demonstration.ts';
import { judge, type Evidence } from './inventory-promises.ts';
import { damage, ordersIn, startCustomers, type Shelf } from './shop-floor.ts';
import { carryOut, deploy, loadOn, urlOf, type Act, type Scene } from './watch.ts';

const SYSTEM = 'inventory';
const DATABASE = 'inventory';
/** The port of the emulator in the system file. */
const WRITTEN_PORT = 'port: 8085';
/** Orders placed before the backup, and after it: the latter are what is lost. */
const ORDERS = 10;
/** Between two requests of one client: an emulator serves fewer than a file does. */
const LOAD_PAUSE_MS = 400;
const REPOSITORY = resolve(import.meta.dirname, '..');

export const INVENTORY: Demonstration = {
  opening: 'Orders in a Firestore are damaged. Fairlead brings a backup back, in a new database.',
  system: SYSTEM,
  async begin(data) {
    const server = serverIn(data);
    mkdirSync(server, { recursive: true });
    const { port } = await startEmulator(
      server,
      { program: await emulatorProgram([]), project: SYSTEM, database: DATABASE },
      { signal: AbortSignal.timeout(60_000), beat: () => undefined },
    );
    const systems = join(data, 'systems');
    cpSync(join(REPOSITORY, 'systems', SYSTEM), join(systems, SYSTEM), { recursive: true });
    const file = join(systems, SYSTEM, 'system.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace(WRITTEN_PORT, `port: ${port}`));
    // Its service asks for a package, from wherever the demo's folder lies.
    symlinkSync(join(REPOSITORY, 'node_modules'), join(data, 'node_modules'));
    return { systems, end: () => endAllIn(server, AbortSignal.timeout(20_000)) };
  },
  async play(scene, embedded) {
    const evidence = await played({ ...scene, on: { system: SYSTEM, service: 'api' } }, embedded);
    const { first, backup, recovery, answers } = evidence;
    return { reports: [first, backup, recovery], answers, promises: judge(evidence) };
  },
};

function serverIn(data: string): string {
  return join(data, 'firestore');
}

async function played(scene: Scene, embedded: Embedded): Promise<Evidence> {
  const { story, signal } = scene;
  const shelf = await copyAddress(serverIn(embedded.data));
  story.heading('1. The service, its users, customers who order, and a backup');
  const first = await deploy(scene, 'ops', 'v1');
  const { services } = await askSystem(scene.temporal, SYSTEM);
  const revision =
    Object.values(services)[0]?.weights[0]?.revision ?? missing('no revision has users');
  const load = await loadOn(scene, { paths: ['/items'], pauseMs: LOAD_PAUSE_MS });
  const customers = startCustomers(await urlOf(scene), signal);
  try {
    await customers.placedMore(ORDERS);
    const backup = await carryOut(scene, 'ops', { kind: 'backup', verb: 'backup' });
    await customers.placedMore(ORDERS);
    story.heading('2. A bad script: half of the orders are gone, the rest is of nothing');
    const before = await ordersIn(shelf, DATABASE);
    await damage(shelf, DATABASE);
    const corruptedSince = new Date().toISOString();
    story.heading('3. The backups, as "fairlead backups inventory" lists them');
    const listed = await listedBackups(scene);
    story.heading('4. The recovery: asked for by ci, approved by ana, its worker killed meanwhile');
    const approvers = new Approvers(scene);
    const killing = new Killing(scene, { embedded, load }, ({ gates }) => gates.length > 0);
    const act: Act = async (status, run) => {
      await killing.act(status, run);
      await approvers.act(status, run);
    };
    const fields = { mode: 'recover', corruptedSince };
    const asked = { kind: 'recoverLive', verb: 'recover', fields } as const;
    const recovery = await carryOut(scene, 'ci', asked, act);
    const kill = killing.done('nobody was asked');
    await customers.stop();
    await load.stop();
    const { selfApproval } = approvers;
    return {
      ...{ first, backup, recovery, listed, revision, before, kill, placed: customers.placed },
      ...(await foundAfter(scene, shelf, recovery)),
      answers: load.answers,
      ...(selfApproval !== undefined && { selfApproval }),
    };
  } finally {
    await customers.stop();
    await load.stop();
  }
}

/** Their ids, newest first, told as the command line shows them. */
async function listedBackups({ temporal, story }: Scene): Promise<string[]> {
  const list = await inspect(temporal, { system: SYSTEM, backups: true });
  if (!isBackupList(list)) return missing('the worker answered no catalogue');
  story.print(backupLines(list, Date.now()).map((line) => `  ${line}`));
  return list.backups.map(({ id }) => id);
}

/** What is live, and what lies where it was. */
async function foundAfter(
  { temporal }: Scene,
  shelf: Shelf,
  recovery: Evidence['recovery'],
): Promise<Pick<Evidence, 'database' | 'after' | 'old' | 'system'>> {
  const titles = recovery.steps.map(({ title }) => title).join('\n');
  const [, database = DATABASE] = /into the database (\S+)/.exec(titles) ?? [];
  return {
    database,
    after: await ordersIn(shelf, database),
    old: await ordersIn(shelf, DATABASE),
    system: await askSystem(temporal, SYSTEM),
  };
}
