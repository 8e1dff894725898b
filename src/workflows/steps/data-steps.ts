// The steps of backups and of their proofs. A rung that could not be climbed is no verdict on the backup: inconclusive.
import { isCancellation } from '@temporalio/workflow';
import type { Answer } from '../../activities/boundary.ts';
import { setSkew } from '../../domain/backup-set.ts';
import { parseBackupId } from '../../domain/backup-id.ts';
import type { BackupSummary } from '../../domain/backup.ts';
import { combineRungs, judgePointInTime, type RungResult } from '../../domain/ladder.ts';
import { measuresPoint } from '../../domain/measured-point.ts';
import type { PlanStep, StepAction } from '../../domain/plan.ts';
import type { RunbookEvent } from '../../domain/runbook-state.ts';
import type { Rung } from '../../domain/rungs.ts';
import type { Verdict } from '../../domain/verdict.ts';
import { call, failureOf, type CallFailure } from './call.ts';
import { noteFound } from './found-bad.ts';
import { beganAt, loadedOf, now, planOf, record, storeIn, type Run } from './run.ts';

import { changeUnderLease, endStep, underLease } from './under-lease.ts';
import { conclusionOf } from './usable-rung.ts';

type ActionOf<Kind extends StepAction['kind']> = Extract<StepAction, { kind: Kind }>;
export type DataAction = ActionOf<'backup' | 'retention' | 'rung' | 'conclude' | 'discard'>;

/** The copy or the backup said no; anything else says nothing of the backup. */
const SAYS_NO: ReadonlySet<string> = new Set(['CheckFailed', 'NotFound']);
const COMPARED: readonly Rung[] = ['complete', 'correct'];

export async function dataStep(
  run: Run,
  step: PlanStep,
  action: DataAction,
): Promise<RunbookEvent> {
  switch (action.kind) {
    case 'backup':
      return unparked(() => backUp(run, step, action));
    case 'retention':
      return unparked(() => retain(run, step, action));
    case 'rung':
      return climb(run, step, action);
    case 'conclude':
      return unparked(() => conclude(run, step, action));
    case 'discard': {
      const options = { profile: 'undo', step: step.id, summary: step.title } as const;
      const { value, attempts } = await call(run, 'discardCopy', { copy: action.copy }, options);
      endStep(run, step, attempts, value.detail);
      return { type: 'done' };
    }
  }
}

/** Nobody is asked about a backup in the night: what would park another operation has failed here. */
export async function unparked(work: () => Promise<RunbookEvent>): Promise<RunbookEvent> {
  try {
    return await work();
  } catch (error) {
    const failure = isCancellation(error) ? undefined : failureOf(error);
    if (failure?.kind !== 'WorldChanged' && failure?.kind !== 'Outage') throw error;
    return { type: 'failed', kind: 'Refused', message: failure.message };
  }
}

async function backUp(
  run: Run,
  step: PlanStep,
  { datastore, backup: id }: ActionOf<'backup'>,
): Promise<RunbookEvent> {
  const systemDigest = loadedOf(run).digest;
  const input = { store: storeIn(run, datastore), id, systemDigest };
  const done = await underLease(run, step, datastore, 'takeBackup', input, 'wait');
  if ('lost' in done) return { type: 'failed', ...done.lost };
  const { summary, odd, detail } = done.answer.value;
  run.taken.push(summary);
  record(run, { type: 'backup', backup: summary });
  if (odd.length > 0) {
    const text = `${id} is odd beside those before it, and is not restored by default: ${odd.join('; ')}`;
    record(run, { type: 'finding', text });
  }
  const skew = skewAfter(run, step);
  endStep(run, step, done.answer.attempts, skew === undefined ? detail : `${detail}; ${skew}`);
  return { type: 'done' };
}

/** After the last one of a set: how far apart its members lie. By clocks that are off it is a finding. */
function skewAfter(run: Run, { id }: PlanStep): string | undefined {
  const last = planOf(run).steps.findLast(({ action }) => action.kind === 'backup');
  if (last?.id !== id || run.taken.length < 2) return undefined;
  const { reason, doubtful } = setSkew(run.taken.map(memberOf));
  if (doubtful) record(run, { type: 'finding', text: reason });
  return reason;
}

function memberOf({ id, recoveryPoint }: BackupSummary) {
  return { datastore: parseBackupId(id)?.datastore ?? id, recoveryPoint };
}

async function retain(
  run: Run,
  step: PlanStep,
  { datastore }: ActionOf<'retention'>,
): Promise<RunbookEvent> {
  // While backups fail, the old ones are all there is.
  if (!run.taken.some((summary) => memberOf(summary).datastore === datastore)) {
    endStep(run, step, 1, `kept everything: there is no new backup of ${datastore}`);
    return { type: 'done' };
  }
  const input = { store: storeIn(run, datastore) };
  return changeUnderLease(run, step, datastore, 'applyRetention', input, 'change');
}

/** What rungs came to that were climbed in one go. */
interface Climbed {
  results: RungResult[];
  attempts: number;
}

async function climb(run: Run, step: PlanStep, action: ActionOf<'rung'>): Promise<RunbookEvent> {
  const { datastore } = action;
  const isMeasured = rungsOf(run, datastore).some(({ rung }) => rung === action.rung);
  const climbed = isMeasured ? { results: [], attempts: 1 } : await attempt(run, step, action);
  if ('kind' in climbed) return { type: 'failed', ...climbed };
  const known = new Set(rungsOf(run, datastore).map(({ rung }) => rung));
  const fresh = climbed.results.filter(({ rung }) => !known.has(rung));
  run.rungs.push(...fresh.map((result) => ({ datastore, ...result })));
  const result = rungsOf(run, datastore).find(({ rung }) => rung === action.rung);
  if (result === undefined) throw new Error(`${step.id} gave no verdict`);
  const { verdict, reason, differences = [] } = result;
  record(run, { type: 'verdict', step: step.id, name: action.rung, verdict, reason, samples: 1 });
  const detail = differences.length > 1 ? differences.join('; ') : reason;
  await noteFound(run, step, action, result);
  endStep(run, step, climbed.attempts, detail);
  // What was not read or loaded cannot be asked; a clock that is off spoils one rung and no other.
  const ends = action.rung === 'artefact' || action.rung === 'loads';
  return { type: 'judged', verdict, message: endingOf(run, action, { verdict, ends }), ends };
}

/** What the operation ends with when this rung is the last: all that is known, and what nobody climbed. */
function endingOf(
  run: Run,
  { datastore }: ActionOf<'rung'>,
  { verdict, ends }: { verdict: Verdict; ends: boolean },
): string {
  if (verdict === 'pass' || (verdict === 'inconclusive' && !ends)) return '';
  const why = conclusionOf(run)?.whyNotRun;
  const { required } = storeIn(run, datastore).settings.verify;
  const { reason } = combineRungs(required, climbedSoFar(run, datastore), why);
  return run.kind === 'disasterRecovery' ? `${datastore}: ${reason}` : reason;
}

/** Without those that were measured in passing and whose turn did not come. */
function climbedSoFar(run: Run, datastore: string): RungResult[] {
  const told = new Set(run.entries.flatMap((one) => (one.type === 'verdict' ? [one.step] : [])));
  const steps = planOf(run).steps.filter(({ id }) => told.has(id));
  return rungsOf(run, datastore).filter(({ rung }) =>
    steps.some(({ action }) => isRung(action, { rung, datastore })),
  );
}

function rungsOf(run: Run, datastore: string): RungResult[] {
  return run.rungs.filter((one) => one.datastore === datastore);
}

function isRung(action: StepAction, one: { rung: Rung; datastore: string }): boolean {
  return action.kind === 'rung' && action.rung === one.rung && action.datastore === one.datastore;
}

/** Or how the lease was lost. */
async function attempt(
  run: Run,
  step: PlanStep,
  action: ActionOf<'rung'>,
): Promise<Climbed | CallFailure> {
  const { rung } = action;
  const only = (verdict: Verdict, reason: string): Climbed => ({
    results: [{ rung, verdict, reason }],
    attempts: 1,
  });
  try {
    return await measure(run, step, action);
  } catch (error) {
    const failure = isCancellation(error) ? undefined : failureOf(error);
    if (failure === undefined) throw error;
    const { kind, message } = failure;
    if (kind === 'LeaseLost' || kind === 'Superseded') return failure;
    if (SAYS_NO.has(kind)) return only('fail', message);
    return only('inconclusive', `it could not be climbed: ${message}`);
  }
}

async function measure(
  run: Run,
  step: PlanStep,
  { rung, datastore, backup: id, copy }: ActionOf<'rung'>,
): Promise<Climbed | CallFailure> {
  const store = storeIn(run, datastore);
  const target = { copy, store };
  const { file } = run.request;
  const options = { profile: 'wait', step: step.id, summary: step.title } as const;
  switch (rung) {
    case 'artefact':
      return one(
        file === undefined
          ? await call(run, 'examineBackup', { store, id }, options)
          : await call(run, 'examineFile', { store, file }, options),
      );
    case 'loads': {
      const done =
        file === undefined
          ? await underLease(run, step, datastore, 'restoreCopy', { id, target }, 'wait')
          : await underLease(run, step, datastore, 'restoreFile', { file, target }, 'wait');
      return 'lost' in done ? done.lost : one(done.answer);
    }
    case 'complete':
    case 'correct': {
      const rungs = COMPARED.filter((one) => isPlanned(run, { rung: one, datastore }));
      const { value, attempts } = await call(run, 'compareCopy', { id, target, rungs }, options);
      return { results: value, attempts };
    }
    case 'pointInTime': {
      // No running operation of an earlier version has the section: its system file would have been refused.
      if (!measuresPoint(store.settings)) {
        return { results: [pointInTime(run, id, store.settings.backup.rpo)], attempts: 1 };
      }
      const of = file === undefined ? { backup: id } : { file };
      const wanted = run.kind === 'disasterRecovery' ? { wantedAt: beganAt(run) } : {};
      return one(await call(run, 'measurePoint', { target, of, ...wanted }, options));
    }
    case 'invariants': {
      const { invariants } = store.settings.verify;
      return one(await call(run, 'askInvariants', { target, invariants }, options));
    }
    case 'usable':
      throw new Error('this rung has steps of its own');
  }
}

function one({ value, attempts }: Answer<RungResult>): Climbed {
  return { results: [value], attempts };
}

/**
 * A verification asks of a backup what it could have promised when it was done; a drill, what would be lost if the
 * datastore were lost now.
 */
function pointInTime(run: Run, id: string, rpoMs: number): RungResult {
  const { backup, backups = [] } = planOf(run);
  const found = [...(backup === undefined ? [] : [backup]), ...backups].find(
    (one) => one.id === id,
  );
  if (found === undefined) throw new Error('a ladder without its backup');
  const wantedAt = run.kind === 'disasterRecovery' ? beganAt(run) : Date.parse(found.endedAt);
  return judgePointInTime(found, { wantedAt, rpoMs });
}

function isPlanned(run: Run, one: { rung: Rung; datastore: string }): boolean {
  return planOf(run).steps.some(({ action }) => isRung(action, one));
}

async function conclude(
  run: Run,
  step: PlanStep,
  { datastore, backup: id, required, whyNotRun }: ActionOf<'conclude'>,
): Promise<RunbookEvent> {
  const { verdict, reason } = combineRungs(required, run.rungs, whyNotRun);
  record(run, {
    type: 'verdict',
    step: step.id,
    name: 'backup',
    verdict,
    reason,
    samples: run.rungs.length,
  });
  if (verdict === 'pass' && run.request.file !== undefined) {
    endStep(run, step, 1, `${reason}; a file is in no catalogue, and gets no mark`);
  } else if (verdict === 'pass') {
    const input = { id, at: now(), reason };
    const done = await underLease(run, step, datastore, 'markVerified', input, 'change');
    if ('lost' in done) return { type: 'failed', ...done.lost };
    endStep(run, step, done.answer.attempts, `${reason}; ${done.answer.value.detail}`);
  }
  return { type: 'judged', verdict, message: reason, ends: true };
}
