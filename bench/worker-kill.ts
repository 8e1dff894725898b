// (d) From the SIGKILL of the only worker until the next change of the outside world, under `fairlead up`, which starts
// another one: killed in the middle of a step, and killed while an operation waits for an approval that comes then.
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type { OperationStatus } from '../src/domain/operation/status.ts';
import { figure, type Measured, type Stage } from './figure.ts';
import { UpPlace } from './up-place.ts';

/** A second at 20 % is long enough to be killed in, and is not looked at by an analysis. */
const BAKING = `      canary: { steps: [{ weight: 20, bake: 1s }, { weight: 50 }], watch: 0s }
      insurance: 0s`;
const ASKING = `      canary: { steps: [{ weight: 20, approval: promote }, { weight: 50 }], watch: 0s }
      insurance: 0s`;

export async function workerKill(stage: Stage): Promise<Measured[]> {
  await stage.server();
  const systems = [
    { name: 'baking', rollout: BAKING },
    { name: 'asking', rollout: ASKING },
  ];
  const place = await UpPlace.open(systems);
  try {
    const inStep: number[] = [];
    const atGate: number[] = [];
    for (const { name } of systems) await deployFirst(place, name);
    for (let round = 0; round < stage.rounds(5); round += 1) {
      inStep.push((await killedInStep(place, round)) / 1000);
      atGate.push((await killedAtGate(place, round)) / 1000);
    }
    return [
      figure('worker killed in a bake → next weights set', 's', inStep, {
        notes: [
          'of which up to 1 s is the rest of the bake; the activity that died with the worker is given up after 5 s without a heartbeat',
        ],
      }),
      figure('worker killed at a gate, approved at once → next weights set', 's', atGate, {
        notes: ['the approval is a signal: it is taken while no worker is there'],
      }),
    ];
  } finally {
    await place.close();
  }
}

/** v1 and v2 take turns; both are good. */
function versionOf(round: number): string {
  return round % 2 === 0 ? 'v2' : 'v1';
}

async function deployFirst(place: UpPlace, system: string): Promise<void> {
  const input = { system, service: 'api', version: 'v1' };
  await (await place.start('canaryDeploy', `deploy/${system}/api/v1`, input)).result();
}

async function deploy(place: UpPlace, system: string, round: number): Promise<WorkflowHandle> {
  const version = versionOf(round);
  const input = { system, service: 'api', version };
  return place.start('canaryDeploy', `deploy/${system}/api/${version}`, input);
}

async function killedInStep(place: UpPlace, round: number): Promise<number> {
  const handle = await deploy(place, 'baking', round);
  await place.whenShared('baking', versionOf(round), 20);
  await untilBakeRuns(handle);
  const killed = await place.killWorker();
  const took = (await place.whenShared('baking', versionOf(round), 50)) - killed;
  await handle.result();
  return took;
}

async function killedAtGate(place: UpPlace, round: number): Promise<number> {
  const handle = await deploy(place, 'asking', round);
  const waits = async (): Promise<boolean> =>
    (await handle.query<OperationStatus>('status')).state === 'waiting';
  while (!(await waits())) await sleep(20);
  const killed = await place.killWorker();
  await handle.signal('approve', { actor: 'ana' });
  const took = (await place.whenShared('asking', versionOf(round), 50)) - killed;
  await handle.result();
  return took;
}

async function untilBakeRuns(handle: WorkflowHandle): Promise<void> {
  for (;;) {
    const { raw } = await handle.describe();
    const bake = raw.pendingActivities?.find((one) => one.activityType?.name === 'bake');
    if (bake?.lastStartedTime != null) return;
    await sleep(20);
  }
}
