// The steps of a drill, and those of them that climb the rung `usable` of a verification. What takes the service as far
// as its start and cannot be shown ends it; from then on a verdict is noted and it goes on, so that it cleans up,
// compares, and concludes from all of it.
import { isCancellation } from '@temporalio/workflow';
import { copiesNamed } from '../../domain/copy-template.ts';
import { judgeCleanUp, judgeProduction, type Inventory } from '../../domain/inventory.ts';
import { judgeRecovery } from '../../domain/judge-recovery.ts';
import { primaryDatastores } from '../../domain/operation.ts';
import { namesMade, recoveredPoints } from '../../domain/plan-drill.ts';
import type { PlanStep } from '../../domain/plan.ts';
import { endsPreflight } from '../../domain/preflight.ts';
import { unasked } from '../../domain/golden.ts';
import type { CopyBinding, GoldenRequest, RecoveryAction } from '../../domain/recovery-actions.ts';
import { judgeRto } from '../../domain/recovery-times.ts';
import { waitsForPeople } from '../../domain/report-timings.ts';
import type { RunbookEvent } from '../../domain/runbook-state.ts';
import { worst, type Finding, type StepFinding, type Verdict } from '../../domain/verdict.ts';
import { workflowInfo } from '@temporalio/workflow';
import { call, failureOf } from './call.ts';
import { unparked } from './data-steps.ts';
import { uncountedLooks } from './drill-record.ts';
import { beganAt, leasedNames, loadedOf, now, planOf, record, storeIn, type Run } from './run.ts';
import { changeUnderLease, endStep, underLease } from './under-lease.ts';
import { endUsable, noteUsable } from './usable-rung.ts';

type ActionOf<Kind extends RecoveryAction['kind']> = Extract<RecoveryAction, { kind: Kind }>;

export function drillStep(run: Run, step: PlanStep, action: RecoveryAction): Promise<RunbookEvent> {
  return unparked(() => perform(run, step, action));
}

function perform(run: Run, step: PlanStep, action: RecoveryAction): Promise<RunbookEvent> {
  switch (action.kind) {
    case 'lookBothWays':
      return doubting(run, step, 'ends', () => preflight(run, step));
    case 'inventory':
      return action.when === 'before'
        ? doubting(run, step, 'ends', () => before(run, step))
        : doubting(run, step, 'goes on', () => after(run, step));
    case 'isolate':
      return doubting(run, step, 'ends', () => isolate(run, step, action));
    case 'fence':
      return doubting(run, step, 'ends', () => fence(run, step, action));
    case 'bind':
      return doubting(run, step, 'ends', () => bind(run, step, action));
    case 'start':
      return doubting(run, step, 'goes on', () => start(run, step, action));
    case 'usable':
      return doubting(run, step, 'goes on', () => usable(run, step, action));
    case 'production':
      return doubting(run, step, 'goes on', () => production(run, step));
    case 'close':
      return close(run, step, action);
    case 'concludeRecovery':
      return conclude(run, step, action);
  }
}

/** What could not be done or seen is no verdict on the backups: inconclusive, said by the step. */
export async function doubting(
  run: Run,
  step: PlanStep,
  then: 'ends' | 'goes on',
  work: () => Promise<RunbookEvent>,
): Promise<RunbookEvent> {
  try {
    return await work();
  } catch (error) {
    const failure = isCancellation(error) ? undefined : failureOf(error);
    if (failure === undefined) throw error;
    const { kind, message } = failure;
    if (kind === 'LeaseLost' || kind === 'Superseded') return { type: 'failed', ...failure };
    // The service itself said no; anything else says nothing of it.
    const isNo = step.action.kind === 'start' && kind === 'CheckFailed';
    const verdict = isNo ? 'fail' : 'inconclusive';
    note(run, step, [{ name: step.id, verdict, reason: message, samples: 1 }]);
    endStep(run, step, 1, message);
    if (step.action.kind === 'usable') noteUsable(run, { verdict, reason: message });
    if (then === 'goes on') return { type: 'noted', verdict };
    return endUsable(run, { verdict, reason: `${step.id}: ${message}` });
  }
}

async function preflight(run: Run, step: PlanStep): Promise<RunbookEvent> {
  const recovered = recoveredPoints(loadedOf(run), planOf(run)).map(({ datastore, backup }) => ({
    datastore,
    backup,
    rpoMs: storeIn(run, datastore).settings.backup.rpo,
  }));
  const input = { recovered, at: beganAt(run) };
  const { value, attempts } = await call(run, 'lookBothWays', input, looking(step));
  note(run, step, value);
  endStep(run, step, attempts, value.map(({ reason }) => reason).join('; '));
  const ending = value.filter(endsPreflight);
  const verdict = worst(value.map((one) => one.verdict));
  if (ending.length === 0) return { type: 'noted', verdict };
  const message = ending.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
  return { type: 'judged', verdict, message: `${message}; nothing was restored`, ends: true };
}

async function before(run: Run, step: PlanStep): Promise<RunbookEvent> {
  run.inventory = await look(run, step);
  return { type: 'done' };
}

async function after(run: Run, step: PlanStep): Promise<RunbookEvent> {
  const known = inventoryOf(run);
  const seen = await look(run, step);
  const own = namesMade(planOf(run));
  const { runId } = workflowInfo();
  const { finding, leftovers } = judgeCleanUp(known, seen, { own, runId });
  const { findings, notes } = judgeProduction(known, seen, 'after');
  const all = [finding, ...findings];
  note(run, step, all, notes);
  endStep(run, step, 1, all.map(({ reason }) => reason).join('; '));
  return { type: 'noted', verdict: worst(all.map((one) => one.verdict)), leftovers };
}

async function production(run: Run, step: PlanStep): Promise<RunbookEvent> {
  const { findings, notes } = judgeProduction(inventoryOf(run), await look(run, step), 'during');
  note(run, step, findings, notes);
  endStep(run, step, 1, findings.map(({ reason }) => reason).join('; '));
  return { type: 'noted', verdict: worst(findings.map((one) => one.verdict)) };
}

async function isolate(
  run: Run,
  step: PlanStep,
  { target, live }: ActionOf<'isolate'>,
): Promise<RunbookEvent> {
  const { name, directory } = loadedOf(run);
  const input = { target, loaded: { name, directory }, live };
  return changeUnderLease(run, step, leasedNames(run)[0], 'openTarget', input, 'change');
}

async function fence(
  run: Run,
  step: PlanStep,
  { target, live }: ActionOf<'fence'>,
): Promise<RunbookEvent> {
  const { value, attempts } = await call(run, 'probeFence', { target, live }, looking(step));
  const { verdict, reason, findings } = value;
  note(
    run,
    step,
    findings.length === 0 ? [{ name: 'fence', verdict, reason, samples: 0 }] : findings,
  );
  endStep(run, step, attempts, reason);
  if (verdict === 'pass') return { type: 'judged', verdict, message: '', ends: true };
  return endUsable(run, { verdict, reason: `fence: ${reason}` });
}

async function bind(
  run: Run,
  step: PlanStep,
  { target, bindings }: ActionOf<'bind'>,
): Promise<RunbookEvent> {
  const input = { target, bindings: bindings.map((one) => withStore(run, one)) };
  return changeUnderLease(run, step, leasedNames(run)[0], 'bindCopies', input, 'wait');
}

function withStore(run: Run, binding: CopyBinding) {
  return { ...binding, store: storeIn(run, binding.datastore) };
}

/** What the plan puts where the services look for it. */
function boundIn(run: Run) {
  return planOf(run).steps.flatMap(({ action }) =>
    action.kind === 'bind' ? action.bindings.map((one) => withStore(run, one)) : [],
  );
}

async function start(
  run: Run,
  step: PlanStep,
  { target, program }: ActionOf<'start'>,
): Promise<RunbookEvent> {
  const named = copiesNamed(program.environment);
  const bindings = boundIn(run).filter(({ datastore }) => named.includes(datastore));
  const input = { target, program, bindings };
  const done = await underLease(run, step, leasedNames(run)[0], 'startIsolated', input, 'wait');
  if ('lost' in done) return { type: 'failed', ...done.lost };
  const { service, health } = program;
  const reason = `${service} runs on the copy: ${done.answer.value.detail}`;
  const expected = `${health.path} answers`;
  const finding = { name: step.id, verdict: 'pass', reason, samples: 1, expected } as const;
  note(run, step, [{ ...finding, got: done.answer.value.detail }]);
  endStep(run, step, done.answer.attempts, reason);
  return { type: 'noted', verdict: 'pass' };
}

/** The rung: every service started, every golden query answered as it should be. */
async function usable(
  run: Run,
  step: PlanStep,
  { target, golden }: ActionOf<'usable'>,
): Promise<RunbookEvent> {
  const starts = planOf(run).steps.filter(({ action }) => action.kind === 'start');
  const started = starts.map(({ id }) => verdictOf(run, id));
  const isUp = ({ service }: GoldenRequest) => verdictOf(run, `start-${service}`) === 'pass';
  const input = { target, golden: golden.filter(isUp) };
  const { value: asked, attempts } = await call(run, 'askGolden', input, looking(step));
  const value = [...asked, ...golden.filter((one) => !isUp(one)).map(unasked)];
  note(run, step, value);
  const verdict = worst([...started, ...value.map((one) => one.verdict)]);
  const passed = value.filter((one) => one.verdict === 'pass').length;
  const reason = `${started.filter((one) => one === 'pass').length} of ${starts.length} services started on the copy, ${passed} of ${value.length} golden queries were answered as they should be`;
  note(run, step, [{ name: 'usable', verdict, reason, samples: value.length }]);
  const wrong = value.filter((one) => one.verdict !== 'pass').map((one) => one.reason);
  endStep(run, step, attempts, [reason, ...wrong].join('; '));
  const warms = planOf(run).steps.filter(({ action }) => action.kind === 'warm');
  const warmed = warms.map(({ id }) => verdictOf(run, id));
  const missed = [...missedBy(run, [...starts, ...warms]), ...wrong, reason];
  noteUsable(run, { verdict: worst([verdict, ...warmed]), reason: missed.join('; ') });
  return { type: 'noted', verdict };
}

/** What did not start, or stayed cold. */
function missedBy(run: Run, steps: readonly PlanStep[]): string[] {
  return findingsOf(run)
    .filter(({ step, verdict }) => verdict !== 'pass' && steps.some(({ id }) => id === step))
    .map(({ step, reason }) => `${step}: ${reason}`);
}

async function close(
  run: Run,
  step: PlanStep,
  { target }: ActionOf<'close'>,
): Promise<RunbookEvent> {
  const options = { profile: 'undo', step: step.id, summary: step.title } as const;
  const { value, attempts } = await call(run, 'closeTarget', { target }, options);
  endStep(run, step, attempts, value.detail);
  return { type: 'done' };
}

async function conclude(
  run: Run,
  step: PlanStep,
  { rtoMs }: ActionOf<'concludeRecovery'>,
): Promise<RunbookEvent> {
  const plan = planOf(run);
  const waits = waitsForPeople(run.entries);
  const looks = uncountedLooks(run.entries, plan);
  note(run, step, [judgeRto(run.entries, waits, { plan, rtoMs, looks })]);
  const recovered = recoveredPoints(loadedOf(run), plan);
  const findings = findingsOf(run);
  const { verdict, reason } = judgeRecovery(findings, { system: plan.system, recovered });
  note(run, step, [{ name: 'drill', verdict, reason, samples: findings.length }]);
  endStep(run, step, 1, reason);
  if (verdict !== 'pass') return { type: 'judged', verdict, message: reason, ends: true };
  for (const { datastore, backup } of recovered) {
    const input = { id: backup.id, at: now(), reason };
    const done = await underLease(run, step, datastore, 'markVerified', input, 'change');
    if ('lost' in done) return { type: 'failed', ...done.lost };
  }
  return { type: 'judged', verdict, message: reason, ends: true };
}

async function look(run: Run, step: PlanStep): Promise<Inventory> {
  const loaded = loadedOf(run);
  const stores = primaryDatastores(loaded.system).map((name) => storeIn(run, name));
  const { value, attempts } = await call(run, 'takeInventory', { loaded, stores }, looking(step));
  const services = Object.entries(value.services).map(([name, { health, said }]) =>
    health === 'healthy' ? `${name} is healthy` : `${name} is ${health} (${said})`,
  );
  const counts = `${value.copies.length} copies and ${value.targets.length} isolated targets are there`;
  endStep(run, step, attempts, [counts, ...services].join('; '));
  return value;
}

export function looking(step: PlanStep) {
  return { profile: 'wait', step: step.id, summary: step.title } as const;
}

function inventoryOf(run: Run): Inventory {
  if (run.inventory === undefined) throw new Error('a comparison before the inventory');
  return run.inventory;
}

export function note(
  run: Run,
  { id }: PlanStep,
  findings: readonly Finding[],
  notes: string[] = [],
): void {
  for (const finding of findings) record(run, { type: 'verdict', step: id, ...finding });
  for (const text of notes) record(run, { type: 'finding', text });
}

function findingsOf(run: Run): StepFinding[] {
  return run.entries.filter((entry) => entry.type === 'verdict');
}

export function verdictOf(run: Run, step: string): Verdict {
  return findingsOf(run).findLast((one) => one.step === step)?.verdict ?? 'inconclusive';
}
