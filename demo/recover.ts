// The demonstration of a recovery in the place of what is live: a bad import damages the data while users ask and a clerk
// writes; all of them are kept out, a backup is restored beside and proved, ana approves what is lost, users come back.
// The worker is killed in the middle.
import { cpSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Embedded } from '../src/embedded/up.ts';
import { Approvers, Killing } from './acts.ts';
import { clerksIn, damage, loansIn, startClerk } from './datasets.ts';
import type { Demonstration } from './demonstration.ts';
import { judge, type Evidence } from './recover-promises.ts';
import { carryOut, deploy, loadOn, SYSTEM, type Act, type Scene } from './watch.ts';

const SYSTEMS = 'systems';
/** The clerk's payments after the backup: they are what is lost. */
const PAYMENTS = 10;

export const RECOVER: Demonstration = {
  opening: 'A bad import damages what a small service answers from. Fairlead brings a backup back.',
  systems(data) {
    const systems = join(data, SYSTEMS);
    const from = resolve(import.meta.dirname, '..', 'systems', SYSTEM);
    cpSync(from, join(systems, SYSTEM), { recursive: true, verbatimSymlinks: true });
    return systems;
  },
  async play(scene, embedded) {
    const evidence = await played(scene, embedded);
    const { first, backup, recovery, answers } = evidence;
    return { reports: [first, backup, recovery], answers, promises: judge(evidence) };
  },
};

async function played(scene: Scene, embedded: Embedded): Promise<Evidence> {
  const { story } = scene;
  const folder = join(embedded.data, SYSTEMS, SYSTEM, 'data');
  story.heading('1. The service, its users, a clerk who writes, and a backup');
  const first = await deploy(scene, 'ops', 'v1');
  const load = await loadOn(scene);
  const clerk = startClerk(folder, scene.signal);
  try {
    const before = loansIn(folder);
    const backup = await carryOut(scene, 'ops', { kind: 'backup', verb: 'backup' });
    await clerk.wrote(PAYMENTS);
    story.heading('2. A bad import: half of the loans are gone, the rest owes nothing');
    damage(folder);
    story.heading('3. The recovery: asked for by ci, approved by ana, its worker killed meanwhile');
    const approvers = new Approvers(scene);
    const killing = new Killing(scene, { embedded, load }, ({ gates }) => gates.length > 0);
    const act: Act = async (status, run) => {
      await killing.act(status, run);
      await approvers.act(status, run);
    };
    const asked = { kind: 'recoverLive', verb: 'recover', fields: { mode: 'recover' } } as const;
    const recovery = await carryOut(scene, 'ci', asked, act);
    const kill = killing.done('nobody was asked');
    await clerk.stop();
    await load.stop();
    const [after, kept] = [loansIn(folder), clerksIn(folder)];
    const { selfApproval } = approvers;
    return {
      ...{ first, backup, recovery, before, after, kept, kill },
      ...{ written: clerk.written, refused: clerk.refused, answers: load.answers },
      ...(selfApproval && { selfApproval }),
    };
  } finally {
    await clerk.stop();
    await load.stop();
  }
}
