// Bakes: the part of a step that watches, and gives verdicts. A pause holds it, and it goes on where it was.
import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { heldBake } from '../../domain/analysis/bake-progress.ts';
import { hasJudged, type Finding } from '../../domain/analysis/finding.ts';
import type { MachineEvent } from '../../domain/operation/machine-state.ts';
import type { PlanStep } from '../../domain/operation/plan.ts';
import {
  begunBake,
  plainResult,
  resultOf,
  type StepResult,
} from '../../domain/operation/step-result.ts';
import { problemsIn } from '../step-kinds/service-kinds.ts';
import { call, type InputOf, type ValueOf } from './call.ts';
import { unpaused } from './people.ts';
import { keptPlanOf, loadedOf, type People, type Run } from './run.ts';

type Baked = ValueOf<'bake'>;

/** Bakes until it is over, decided or ended early. */
export async function performBake(run: Run, step: PlanStep): Promise<StepResult> {
  const { detail, ...change } = changeOf(run, step);
  let { attempts } = change;
  let resume = held(begunBake(run.progress.results, step.id));
  noteProgress(run, step, resume);
  for (;;) {
    const scope = new CancellationScope();
    run.progress.bake = scope;
    const input: InputOf<'bake'> = { plan: keptPlanOf(run), step: step.id, told: { resume } };
    const baking = scope.run(() => call(run, 'bake', input, optionsOf(step)));
    const answer = await unlessCancelled(baking).finally(() => {
      delete run.progress.bake;
    });
    attempts = Math.max(attempts, answer?.attempts ?? 1);
    resume = answer?.value.progress ?? resume;
    noteProgress(run, step, resume);
    const over = overAs(run, step, answer?.value);
    if (over !== undefined) {
      return plainResult(over.event, { ...over, attempts, detail });
    }
    if (run.people.paused === undefined) continue;
    const bad = await unpaused(run);
    if (bad !== undefined) return plainResult(bad, { attempts, detail });
    resume = held(resume);
  }
}

function changeOf({ progress }: Run, { id }: PlanStep): StepResult {
  return resultOf(progress.results, id) ?? plainResult({ type: 'done' });
}

/** Where the next bake of the step counts on from. */
function noteProgress(run: Run, { id }: PlanStep, progress: Baked['progress'] | null = null): void {
  if (progress !== null) run.progress.baked = { step: id, progress };
}

/** What was not looked at meanwhile is no gap. */
function held(progress: Baked['progress'] | null | undefined): Baked['progress'] | null {
  return progress == null ? null : heldBake(progress, Date.now());
}

function optionsOf({ id, title, bake }: PlanStep) {
  const summary = `Bake ${(bake?.ms ?? 0) / 1000} s: ${title}`;
  return { profile: 'wait', step: id, summary } as const;
}

/** How the bake ended; undefined when it was held, and goes on. */
function overAs(
  run: Run,
  step: PlanStep,
  value: Baked | undefined,
): { event: MachineEvent; findings?: Finding[] } | undefined {
  const { promotion } = run.people;
  delete run.people.promotion;
  if (value !== undefined && isOver(value, promotion)) {
    return { event: verdictOf(run, step, value), findings: value.findings };
  }
  if (promotion !== undefined) return { event: { type: 'promoted', ...promotion } };
  if (CancellationScope.current().consideredCancelled) return { event: { type: 'cancelled' } };
  return undefined;
}

/** A promotion that came as the bake ended counts no more, unless it was to go further than this bake. */
function isOver({ ended, verdict }: Baked, promotion: People['promotion']): boolean {
  return ended !== 'interrupted' && (promotion?.full !== true || verdict !== 'pass');
}

/** The answer of a bake; undefined when it was cancelled before a worker had begun it. */
async function unlessCancelled<Value>(work: Promise<Value>): Promise<Value | undefined> {
  try {
    return await work;
  } catch (error) {
    if (!isCancellation(error) || CancellationScope.current().consideredCancelled) throw error;
    return undefined;
  }
}

function verdictOf(run: Run, step: PlanStep, value: Baked): MachineEvent {
  const resumeWithin =
    run.basis.loaded?.system.services[run.request.service ?? '']?.rollout.resumeWithin;
  const unwatched = resumeWithin !== undefined && value.gapMs > resumeWithin;
  if (unwatched && value.verdict !== 'fail') {
    return {
      type: 'failed',
      kind: 'Outage',
      message: `nobody watched for ${Math.round(value.gapMs / 1000)} s during ${step.id}: look at the system before this goes on`,
    };
  }
  return {
    type: 'baked',
    verdict: value.verdict,
    judged: hasJudged(value.findings),
    message: problemsIn(value.findings),
    onInconclusive: whenInconclusive(run, value.findings),
  };
}

/** What the inconclusive analyses say; whatever else could not be judged (a check, the replicas) asks. */
function whenInconclusive(run: Run, findings: Finding[]): 'ask' | 'undo' {
  const { analyses } = loadedOf(run).system;
  const open = findings.filter((one) => one.verdict === 'inconclusive');
  const undo = open.every(({ name }) => analyses[name]?.onInconclusive === 'undo');
  return undo && open.length > 0 ? 'undo' : 'ask';
}
