// The step that climbs one rung of the ladder, on the backup itself or on the copy that is made of it.
import type { ActivityAnswer } from '../../activities/boundary.ts';
import { fileOf, parseBackupId, placeIn } from '../../domain/backup/backup-id.ts';
import { judgePointInTime, type RungResult } from '../../domain/backup/ladder.ts';
import { measuresPoint } from '../../domain/backup/measured-point.ts';
import type { Rung } from '../../domain/backup/rungs.ts';
import {
  plainResult,
  type ClimbedRung,
  type StepResult,
} from '../../domain/operation/step-result.ts';
import type { Plan } from '../../domain/operation/plan.ts';
import type { CallFailure } from '../steps/call.ts';
import { foundBad, ofSameCandidate } from './candidate-kinds.ts';
import { climbedRungs, endingAt } from './rungs.ts';
import { ask, type ActionOf, type StepContext, type StepKind, type Work } from './step-kind.ts';

type Context = StepContext<ActionOf<'rung'>>;

/** The copy or the backup said no; anything else says nothing of the backup. */
const SAYS_NO: ReadonlySet<string> = new Set(['CheckFailed', 'NotFound']);

/** What these find is about the backup; the others say how old it is, or what a service makes of it. */
const OF_THE_BACKUP: ReadonlySet<Rung> = new Set([
  'artefact',
  'loads',
  'complete',
  'correct',
  'invariants',
]);

export const rung: StepKind<ActionOf<'rung'>> = {
  whenFailed: 'fails',
  begin(context) {
    const { datastore, rung: name } = context.action;
    const isMeasured = climbedRungs(ofSameCandidate(context)).some(
      (one) => one.datastore === datastore && one.rung === name,
    );
    // Somebody wants it again who has seen what it came to.
    const isAgain = context.results.some(({ step }) => step.id === context.step.id);
    return isMeasured && !isAgain ? climbed(context, []) : climb(context);
  },
};

function climb(context: Context): Work {
  const { rung: name, datastore, backup } = context.action;
  const isFile = fileOf(backup) !== undefined;
  const one = ({ value }: ActivityAnswer<RungResult>): Work => climbed(context, [value]);
  const asked = {
    told: {},
    profile: 'wait',
    answered: one,
    failed: (failure: CallFailure) => notClimbed(context, failure),
  } as const;
  switch (name) {
    case 'artefact':
      return ask({ ...asked, activity: isFile ? 'examineFile' : 'examineBackup' });
    case 'loads':
      return ask({
        ...asked,
        activity: loadsBy(backup),
        lease: datastore,
      });
    case 'complete':
    case 'correct':
      return ask({
        ...asked,
        activity: 'compareCopy',
        answered: ({ value }) => climbed(context, value),
      });
    case 'pointInTime':
      return climbPointInTime(context, asked);
    case 'invariants':
      return ask({ ...asked, activity: 'askInvariants' });
    case 'usable':
      throw new Error('this rung has steps of its own');
  }
}

function loadsBy(backup: string): 'adoptPlace' | 'restoreFile' | 'restoreCopy' {
  if (placeIn(backup) !== undefined) return 'adoptPlace';
  return fileOf(backup) === undefined ? 'restoreCopy' : 'restoreFile';
}

function climbPointInTime(
  context: Context,
  asked: Pick<Parameters<typeof ask<'measurePoint'>>[0], 'profile' | 'answered' | 'failed'>,
): Work {
  const { plan, loaded, action, beganAt } = context;
  const settings = loaded.system.datastores?.[action.datastore];
  if (settings === undefined) throw new Error(`a rung on ${action.datastore}, which is not there`);
  if (!measuresPoint(settings)) {
    return climbed(context, [pointInTime(context, settings.backup.rpo)]);
  }
  const told = isDrill(plan) ? { wantedAt: beganAt } : {};
  return ask({ ...asked, activity: 'measurePoint', told });
}

/**
 * A verification asks of a backup what it could have promised when it was done; a drill, what would be lost if the
 * datastore were lost now.
 */
function pointInTime({ plan, action, beganAt }: Context, rpoMs: number): RungResult {
  const { backup, backups = [] } = plan;
  const found = [...(backup === undefined ? [] : [backup]), ...backups].find(
    (one) => one.id === action.backup,
  );
  if (found === undefined) throw new Error('a ladder without its backup');
  const wantedAt = isDrill(plan) ? beganAt : Date.parse(found.endedAt);
  return judgePointInTime(found, { wantedAt, rpoMs });
}

function isDrill({ backups }: Plan): boolean {
  return backups !== undefined;
}

/** Undefined for what takes the operation's leave to go on: the step has failed then. */
function notClimbed(context: Context, { kind, message }: CallFailure): Work | undefined {
  if (kind === 'LeaseLost' || kind === 'Superseded') return undefined;
  const { rung: name } = context.action;
  const result: RungResult = SAYS_NO.has(kind)
    ? { rung: name, verdict: 'fail', reason: message }
    : { rung: name, verdict: 'inconclusive', reason: `it could not be climbed: ${message}` };
  return climbed(context, [result]);
}

/** What was climbed in one go, and what the rung of this step came to with it. */
function climbed(context: Context, measured: readonly RungResult[]): Work {
  const { action, step } = context;
  const { datastore } = action;
  const rungs = measured.map((one) => ({ datastore, ...one }));
  const isNew = (known: ClimbedRung): boolean =>
    rungs.some((one) => known.datastore === datastore && one.rung === known.rung);
  const all = [
    ...climbedRungs(ofSameCandidate(context)).filter((known) => !isNew(known)),
    ...rungs,
  ];
  const result = all.find((one) => one.datastore === datastore && one.rung === action.rung);
  if (result === undefined) throw new Error(`${step.id} gave no verdict`);
  const { verdict, reason, differences = [] } = result;
  // What was not read or loaded cannot be asked; a clock that is off spoils one rung and no other.
  const ends = action.rung === 'artefact' || action.rung === 'loads';
  const message = endingAt(context, { all, verdict, ends });
  const finding = { name: action.rung, verdict, reason, samples: 1 };
  const isBad = verdict === 'fail' && OF_THE_BACKUP.has(action.rung);
  const bad = isBad ? foundBad(context, `${action.rung}: ${reason}`) : undefined;
  const judged = plainResult(bad ?? { type: 'judged', verdict, message, ends }, {
    detail: differences.length > 1 ? differences.join('; ') : reason,
    findings: [finding],
    output: { kind: 'rungs', rungs },
  });
  return isBad && parseBackupId(action.backup) !== undefined
    ? markBad(context, judged, reason)
    : judged;
}

/** Beside the backup, so that nobody takes it by itself: that it was found bad. */
function markBad({ action, now }: Context, judged: StepResult, reason: string): Work {
  const { datastore, backup: id, rung: name } = action;
  const rest = { ...judged, findings: [] };
  return ask({
    activity: 'markFailed',
    told: { at: now, reason: `${name}: ${reason}` },
    profile: 'change',
    lease: datastore,
    findings: judged.findings,
    answered: () => rest,
    failed: ({ message }) => ({
      ...rest,
      notes: [
        `${id} is bad, and that could not be noted beside it: ${message}; it may be taken again`,
      ],
    }),
  });
}
