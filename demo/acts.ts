// What people and bad luck do while a demonstration's operation runs.
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { askStatus } from '../src/cli/operation/ask-status.ts';
import type { RunName } from '../src/cli/operation/ending.ts';
import type { GateStatus, OperationStatus } from '../src/domain/operation/status.ts';
import type { Embedded } from '../src/embedded/up.ts';
import type { Load } from './load.ts';
import type { Kill } from './promises.ts';
import type { Act, Scene } from './watch.ts';

const QUERY_MS = 1_000;

/** Whoever asked tries to approve every gate, and is refused; then ana does. */
export class Approvers {
  readonly #scene: Scene;
  readonly #answered = new Set<string>();
  /** The sentence that the requester's own approval was refused with. */
  selfApproval?: string;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  readonly act: Act = async (status, run) => {
    for (const gate of status.gates) {
      if (this.#answered.has(gate.digest)) continue;
      this.#answered.add(gate.digest);
      await this.#answer(run, gate);
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
}

/** Kills the worker once, the first time that an operation's status is as told. */
export class Killing {
  readonly #scene: Scene;
  readonly #on: { embedded: Embedded; load: Load };
  readonly #isMoment: (status: OperationStatus) => boolean;
  #kill?: Kill;

  constructor(
    scene: Scene,
    on: { embedded: Embedded; load: Load },
    isMoment: (status: OperationStatus) => boolean,
  ) {
    this.#scene = scene;
    this.#on = on;
    this.#isMoment = isMoment;
  }

  readonly act: Act = async (status, run) => {
    if (this.#kill !== undefined || !this.#isMoment(status)) return;
    this.#kill = await killWorker(this.#scene, this.#on, { run, status });
  };

  /** `unseen`: what was never seen, where it was never killed, which throws an Error. */
  done(unseen: string): Kill {
    return this.#kill ?? missing(`the worker was never killed: ${unseen}`);
  }
}

/** Whether a canary of the version is in the step in which it has this share of the users. */
export function isAtWeight(version: string, percent: number) {
  return ({ weights, step }: OperationStatus): boolean =>
    step === `weight-${percent}` &&
    weights.find((one) => one.version === version)?.percent === percent;
}

/** Kills the worker while an operation is in a step, and waits until another one answers for it. */
async function killWorker(
  { temporal, story, signal }: Scene,
  { embedded, load }: { embedded: Embedded; load: Load },
  { run, status }: { run: RunName; status: OperationStatus },
): Promise<Kill> {
  const pid = embedded.pids().worker ?? missing('no worker runs');
  const at = Date.now();
  process.kill(pid, 'SIGKILL');
  story.tell(`kill -9 ${pid}: the worker is dead in the middle of ${status.step ?? 'a step'}`);
  for (;;) {
    const answer = await askStatus(temporal, run, QUERY_MS);
    const backPid = embedded.pids().worker;
    if (answer.from === 'worker' && backPid !== undefined && backPid !== pid) {
      const backAt = Date.now();
      const count = load.answers.filter((one) => one.startedAt >= at).length;
      story.tell(
        `worker ${backPid} has read what happened so far; users got ${count} answers meanwhile`,
      );
      return { pid, at, backPid, backAt };
    }
    await sleep(50, undefined, { signal });
  }
}

export function missing(what: string): never {
  throw new Error(what);
}
