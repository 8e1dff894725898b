// The demonstration of blue-green: a switch whose worker is killed, the way back by hand while the old side lives, and
// a version that only users find slow.
import type { Embedded } from '../src/embedded/up.ts';
import { askSystem } from '../src/cli/output/system-status.ts';
import { Approvers, Killing } from './acts.ts';
import { judge, type Evidence } from './blue-green-promises.ts';
import type { Demonstration } from './demonstration.ts';
import { deploy, loadOn, rollback, SYSTEM, type Act, type Scene } from './watch.ts';

export const BLUE_GREEN: Demonstration = {
  opening: 'Fairlead switches a small service between two sides while its users keep asking.',
  async play(scene, embedded) {
    const evidence = await played(scene, embedded);
    const { first, good, back, slow, answers } = evidence;
    return { reports: [first, good, back, slow], answers, promises: judge(evidence) };
  },
};

const STRATEGY = { kind: 'blueGreenDeploy' } as const;

async function played(scene: Scene, embedded: Embedded): Promise<Evidence> {
  const { temporal, story } = scene;
  story.heading('1. The first version');
  const first = await deploy(scene, 'ops', 'v1');
  const load = await loadOn(scene);
  try {
    story.heading('2. v2 beside v1, at full size and without traffic; then everything at once');
    const approvers = new Approvers(scene);
    const killing = new Killing(scene, { embedded, load }, ({ step }) => step === 'watch');
    const act: Act = async (status, run) => {
      await approvers.act(status, run);
      await killing.act(status, run);
    };
    const good = await deploy(scene, 'ci', 'v2', { ...STRATEGY, act });
    const kill = killing.done('the watch was not seen');
    story.heading('3. Back by hand while v1 still stands beside it: no approval, no start');
    const back = await rollback(scene, 'ops');
    story.heading(
      '4. A version that is slow, which only users find: its checks and health are fine',
    );
    const slow = await deploy(scene, 'ci', 'v4-slow', { ...STRATEGY, act: approvers.act });
    await load.stop();
    const system = await askSystem(temporal, SYSTEM);
    const { answers } = load;
    const { selfApproval } = approvers;
    return {
      first,
      good,
      back,
      slow,
      answers,
      kill,
      system,
      ...(selfApproval && { selfApproval }),
    };
  } finally {
    await load.stop();
  }
}
