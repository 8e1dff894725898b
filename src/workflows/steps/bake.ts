// Checks and bakes: the parts of a runbook that only look, and give verdicts.
import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { PlanStep, StepAction } from '../../domain/plan.ts';
import type { RunbookEvent } from '../../domain/runbook-state.ts';
import { heldBake } from '../../domain/bake-progress.ts';
import { worst, type Finding } from '../../domain/verdict.ts';
import { call, type InputOf, type ValueOf } from './call.ts';
import { unpaused } from './people.ts';
import { loadedOf, placeIn, record, type Run } from './run.ts';

type Resume = InputOf<'bake'>['resume'];

/** Runs the checks of a point; one that could not be run ends in no pass. */
export async function checkAt(
  run: Run,
  step: PlanStep,
  action: Extract<StepAction, { kind: 'check' }>,
): Promise<RunbookEvent> {
  const loaded = loadedOf(run);
  const checks = loaded.system.services[action.service]?.checks[action.point] ?? [];
  if (checks.length === 0) return { type: 'done' };
  const { value } = await call(
    run,
    'runChecks',
    {
      place: placeIn(run, action.service),
      point: action.point,
      checks,
      revision: action.revision ?? null,
      version: run.request.version ?? '',
      directory: loaded.directory,
    },
    { profile: 'look', step: step.id, summary: step.title },
  );
  recordVerdicts(run, step.id, value);
  const verdict = worst(value.map((one) => one.verdict));
  const bad = value.filter((one) => one.verdict !== 'pass').map(sentence);
  if (verdict === 'fail') return { type: 'failed', kind: 'CheckFailed', message: bad.join('; ') };
  return { type: 'baked', verdict, judged: true, message: bad.join('; '), onInconclusive: 'undo' };
}

/** Bakes until it is over, decided or ended early; a pause holds it and it goes on where it was. */
export async function bakeStep(run: Run, step: PlanStep): Promise<RunbookEvent> {
  let resume: Resume = null;
  for (;;) {
    const value: ValueOf<'bake'> | undefined = await unlessCancelled(bakeOnce(run, step, resume));
    const { promotion } = run;
    delete run.promotion;
    if (value !== undefined && isOver(value, promotion)) return verdictOf(run, step, value);
    if (promotion !== undefined) return { type: 'promoted', ...promotion };
    if (CancellationScope.current().consideredCancelled) return { type: 'cancelled' };
    resume = await afterPause(run, value?.progress ?? resume);
  }
}

/** A promotion that came as the bake ended counts no more, unless it was to go further than this bake. */
function isOver({ ended, verdict }: ValueOf<'bake'>, promotion: Run['promotion']): boolean {
  return ended !== 'interrupted' && (promotion?.full !== true || verdict !== 'pass');
}

async function afterPause(run: Run, resume: Resume): Promise<Resume> {
  if (run.paused === undefined) return resume;
  await unpaused(run);
  return resume === null ? null : heldBake(resume, Date.now());
}

/** Nothing when the bake was cancelled before a worker had begun it. */
async function unlessCancelled<Value>(work: Promise<Value>): Promise<Value | undefined> {
  try {
    return await work;
  } catch (error) {
    if (!isCancellation(error) || CancellationScope.current().consideredCancelled) throw error;
    return undefined;
  }
}

async function bakeOnce(run: Run, step: PlanStep, resume: Resume): Promise<ValueOf<'bake'>> {
  const { bake, action } = step;
  if (bake === undefined || !('service' in action)) throw new Error(`${step.id} has no bake`);
  const loaded = loadedOf(run);
  const service = loaded.system.services[action.service];
  const analyses = Object.entries(loaded.system.analyses).filter(([name]) =>
    bake.analyses.includes(name),
  );
  const scope = new CancellationScope();
  run.bake = scope;
  try {
    const { value, attempts } = await scope.run(() =>
      call(
        run,
        'bake',
        {
          place: placeIn(run, action.service),
          version: run.request.version ?? '',
          revision: bake.revision,
          stable: bake.stable ?? null,
          ms: bake.ms,
          analyses: Object.fromEntries(analyses),
          checks: bake.checks
            ? (service?.checks[bake.preview === true ? 'preview' : 'watch'] ?? [])
            : [],
          ...(bake.preview === true && { preview: true }),
          directory: loaded.directory,
          resume,
        },
        { profile: 'wait', step: step.id, summary: `Bake ${bake.ms / 1000} s: ${step.title}` },
      ),
    );
    const change = run.done?.id === step.id ? run.done : undefined;
    run.done = {
      id: step.id,
      attempts: Math.max(attempts, change?.attempts ?? 1),
      detail: change?.detail ?? '',
    };
    return value;
  } finally {
    delete run.bake;
  }
}

function verdictOf(run: Run, step: PlanStep, value: ValueOf<'bake'>): RunbookEvent {
  recordVerdicts(run, step.id, value.findings);
  const resumeWithin = run.loaded?.system.services[run.request.service ?? '']?.rollout.resumeWithin;
  const unwatched = resumeWithin !== undefined && value.gapMs > resumeWithin;
  if (unwatched && value.verdict !== 'fail') {
    return {
      type: 'failed',
      kind: 'Outage',
      message: `nobody watched for ${Math.round(value.gapMs / 1000)} s during ${step.id}: look at the system before this goes on`,
    };
  }
  const bad = value.findings.filter((one) => one.verdict !== 'pass').map(sentence);
  return {
    type: 'baked',
    verdict: value.verdict,
    judged: value.findings.length > 0,
    message: bad.join('; '),
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

function recordVerdicts(run: Run, step: string, findings: Finding[]): void {
  for (const finding of findings) record(run, { type: 'verdict', step, ...finding });
}

function sentence({ name, reason }: Finding): string {
  return `${name}: ${reason}`;
}
