// The demo's course: three deploys under load, one of them with a worker killed half-way, one of a bad version.
import { setTimeout as sleep } from 'node:timers/promises';
import { askStatus } from '../cli/ask-status.ts';
import type { RunName } from '../cli/ending.ts';
import { askSystem } from '../cli/system-status.ts';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { GateStatus, OperationStatus } from '../domain/status.ts';
import type { Embedded } from '../embedded/up.ts';
import { startLoad, type Load } from './load.ts';
import { firstEffectAfter, seconds, type Evidence, type Kill } from './promises.ts';
import { deploy, SERVICE, SYSTEM, type Act, type Scene } from './watch.ts';

/** The weight at which the worker is killed. */
const HALF_WAY = 50;
const QUERY_MS = 1_000;

export async function play(scene: Scene, embedded: Embedded): Promise<Evidence> {
  const { temporal, story } = scene;
  story.heading('1. The first version');
  const first = await deploy(scene, 'ops', 'v1');
  const { url } = (await askSystem(temporal, SYSTEM)).services[SERVICE] ?? { url: '' };
  story.tell(`8 clients send requests to ${url} from now on`);
  const load = startLoad(url);
  try {
    story.heading(
      '2. A canary of v2: asked for by ci, approved by ana, its worker killed half-way',
    );
    const canary = new Canary(scene, embedded, load);
    const good = await deploy(scene, 'ci', 'v2', canary.act);
    const kill = canary.kill ?? missing('the worker was never killed: 50 % was not seen');
    tellRecovery(scene, kill, firstEffectAfter(good, kill.at));
    story.heading('3. A bad version: every fifth request to v3-errors fails, its health is fine');
    const bad = await deploy(scene, 'ci', 'v3-errors', canary.act);
    await load.stop();
    const system = await askSystem(temporal, SYSTEM);
    const { answers } = load;
    const { selfApproval } = canary;
    return { first, good, bad, answers, kill, system, ...(selfApproval && { selfApproval }) };
  } finally {
    await load.stop();
  }
}

/** What people and bad luck do while a canary runs. */
class Canary {
  readonly #scene: Scene;
  readonly #embedded: Embedded;
  readonly #load: Load;
  readonly #answered = new Set<string>();
  kill?: Kill;
  selfApproval?: string;

  constructor(scene: Scene, embedded: Embedded, load: Load) {
    this.#scene = scene;
    this.#embedded = embedded;
    this.#load = load;
  }

  readonly act: Act = async (status, run) => {
    for (const gate of status.gates) {
      if (this.#answered.has(gate.digest)) continue;
      this.#answered.add(gate.digest);
      await this.#answer(run, gate);
    }
    const weight = status.weights.find((one) => one.version === 'v2')?.percent;
    if (weight === HALF_WAY && status.step === `weight-${HALF_WAY}` && this.kill === undefined) {
      this.kill = await this.#killWorker(run, status);
    }
  };

  async #answer(run: RunName, gate: GateStatus): Promise<void> {
    const { story } = this.#scene;
    story.tell(
      `it waits for ${gate.policy} at ${gate.id}: 1 approval from anyone but the requester`,
    );
    const refused = await this.#approve(run, gate, 'ci');
    if (refused !== undefined) this.selfApproval = refused;
    story.tell(`  ${refused === undefined ? 'accepted' : `refused: ${refused}`}`);
    const ana = await this.#approve(run, gate, 'ana');
    story.tell(`  ${ana === undefined ? 'accepted' : `refused: ${ana}`}`);
  }

  /** The sentence of a refusal. */
  async #approve(run: RunName, gate: GateStatus, actor: string): Promise<string | undefined> {
    const { temporal, story } = this.#scene;
    story.tell(`${actor}: fairlead approve ${run.operation} --gate ${gate.id}`);
    const handle = temporal.client.workflow.getHandle(run.workflowId, run.runId);
    const answer = { actor, gate: gate.id, digest: gate.digest };
    try {
      await handle.executeUpdate('approve', { args: [answer] });
      return undefined;
    } catch (error) {
      if (!(error instanceof WorkflowUpdateFailedError)) throw error;
      return error.cause?.message ?? error.message;
    }
  }

  async #killWorker(run: RunName, status: OperationStatus): Promise<Kill> {
    const { temporal, story, signal } = this.#scene;
    const pid = this.#embedded.pids().worker ?? missing('no worker runs');
    const at = Date.now();
    process.kill(pid, 'SIGKILL');
    story.tell(`kill -9 ${pid}: the worker is dead in the middle of ${status.step ?? 'a step'}`);
    for (;;) {
      const answer = await askStatus(temporal, run, QUERY_MS);
      const backPid = this.#embedded.pids().worker;
      if (answer.from === 'worker' && backPid !== undefined && backPid !== pid) {
        const backAt = Date.now();
        const count = this.#load.answers.filter((one) => one.startedAt >= at).length;
        story.tell(
          `worker ${backPid} has read what happened so far; users got ${count} answers meanwhile`,
        );
        return { pid, at, backPid, backAt };
      }
      await sleep(50, undefined, { signal });
    }
  }
}

function tellRecovery({ story }: Scene, kill: Kill, effect: number | undefined): void {
  if (effect === undefined) return;
  story.tell(
    `the kill: a worker answered again after ${seconds(kill.backAt - kill.at)}, the next change of traffic came after ${seconds(effect - kill.at)}`,
  );
}

function missing(what: string): never {
  throw new Error(what);
}
