// The demonstration of a canary: three deploys under load, one with a worker killed half-way, one of a bad version.
import { askSystem } from '../src/cli/output/system-status.ts';
import type { Embedded } from '../src/embedded/up.ts';
import { Approvers, isAtWeight, Killing } from './acts.ts';
import { judge, type Evidence } from './canary-promises.ts';
import type { Demonstration } from './demonstration.ts';
import { firstEffectAfter, seconds, type Kill } from './promises.ts';
import { deploy, loadOn, SYSTEM, type Act, type Scene } from './watch.ts';

/** The weight at which the worker is killed. */
const HALF_WAY = 50;

export const CANARY: Demonstration = {
  opening: 'Fairlead takes a small service through two canaries while its users keep asking.',
  async play(scene, embedded) {
    const evidence = await played(scene, embedded);
    const { first, good, bad, answers } = evidence;
    return { reports: [first, good, bad], answers, promises: judge(evidence) };
  },
};

async function played(scene: Scene, embedded: Embedded): Promise<Evidence> {
  const { temporal, story } = scene;
  story.heading('1. The first version');
  const first = await deploy(scene, 'ops', 'v1');
  const load = await loadOn(scene);
  try {
    story.heading(
      '2. A canary of v2: asked for by ci, approved by ana, its worker killed half-way',
    );
    const approvers = new Approvers(scene);
    const killing = new Killing(scene, { embedded, load }, isAtWeight('v2', HALF_WAY));
    const act: Act = async (status, run) => {
      await approvers.act(status, run);
      await killing.act(status, run);
    };
    const good = await deploy(scene, 'ci', 'v2', { act });
    const kill = killing.done(`${HALF_WAY} % was not seen`);
    tellRecovery(scene, kill, firstEffectAfter(good, kill.at));
    story.heading('3. A bad version: every fifth request to v3-errors fails, its health is fine');
    const bad = await deploy(scene, 'ci', 'v3-errors', { act: approvers.act });
    await load.stop();
    const system = await askSystem(temporal, SYSTEM);
    const { answers } = load;
    const { selfApproval } = approvers;
    return { first, good, bad, answers, kill, system, ...(selfApproval && { selfApproval }) };
  } finally {
    await load.stop();
  }
}

function tellRecovery({ story }: Scene, kill: Kill, effect: number | undefined): void {
  if (effect === undefined) return;
  story.tell(
    `the kill: a worker answered again after ${seconds(kill.backAt - kill.at)}, the next change of traffic came after ${seconds(effect - kill.at)}`,
  );
}
