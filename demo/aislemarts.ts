// The demonstration on Kubernetes: a Helm release that users are on, a canary beside it whose worker is killed, one that its
// analysis stops, and a roll-back, on a real control plane and through a real gateway while users ask.
import { askSystem } from '../src/cli/output/system-status.ts';
import type { Embedded } from '../src/embedded/up.ts';
import { Approvers, isAtWeight, Killing } from './acts.ts';
import { judge, type Evidence } from './aislemarts-promises.ts';
import { startStage, type Stage } from './aislemarts-cluster.ts';
import type { Demonstration } from './demonstration.ts';
import { startLoad } from './load.ts';
import { deploy, rollback, type Act, type Scene } from './watch.ts';

const ON = { system: 'aislemarts', service: 'backend' };
const HALF_WAY = 50;

export const AISLEMARTS: Demonstration = {
  opening: 'Fairlead takes the backend of a marketplace on Kubernetes through two canaries.',
  system: ON.system,
  isLong: true,
  begin: startStage,
  async play(scene, embedded, outside) {
    const evidence = await played({ ...scene, on: ON }, embedded, outside as Stage);
    const { good, bad, back, answers } = evidence;
    return { reports: [good, bad, back], answers, promises: judge(evidence) };
  },
};

async function played(scene: Scene, embedded: Embedded, stage: Stage): Promise<Evidence> {
  const { temporal, story } = scene;
  const { cluster } = stage;
  story.heading('1. v1 is a Helm release, and all users are on it');
  const load = startLoad(cluster.gateway.url, { paths: ['/api/products'] });
  story.tell(`8 clients send requests to ${cluster.gateway.url} from now on`);
  try {
    story.heading('2. A canary of v2, judged by Prometheus, its worker killed half-way');
    const approvers = new Approvers(scene);
    const killing = new Killing(scene, { embedded, load }, isAtWeight('v2', HALF_WAY));
    const act: Act = async (status, run) => {
      await approvers.act(status, run);
      await killing.act(status, run);
    };
    const good = await deploy(scene, 'ci', 'v2', { act });
    const kill = killing.done(`${HALF_WAY} % was not seen`);
    story.heading(
      '3. A bad version: every fiftieth request to v3-errors fails, its health is fine',
    );
    const bad = await deploy(scene, 'ci', 'v3-errors', { act: approvers.act });
    const left = await versionsIn(stage);
    story.heading('4. A roll-back to v1, and of the release to the Helm revision that carried it');
    const back = await rollback(scene, 'ops');
    const helm = await stage.helm('history', ON.system);
    for (const line of helm.trimEnd().split('\n')) story.tell(line.replaceAll('\t', ' ').trimEnd());
    await load.stop();
    const system = await askSystem(temporal, ON.system);
    return { good, bad, back, left, helm, kill, system, answers: load.answers };
  } finally {
    await load.stop();
  }
}

/** Versions that have a Deployment of Fairlead's. */
async function versionsIn({ cluster }: Stage): Promise<string[]> {
  const selector = encodeURIComponent('fairlead/revision');
  const path = `/apis/apps/v1/namespaces/prod/deployments?labelSelector=${selector}`;
  const deployments = await cluster.api.list(path);
  const revisions = deployments.map(({ metadata }) => metadata.labels?.['fairlead/revision'] ?? '');
  return revisions.map((one) => one.replace(/-[0-9a-f]{10}$/, '')).sort();
}
