// Steps of backups and of their proofs. A rung that could not be climbed is no verdict on the backup: inconclusive.
import { parseBackupId, fileOf } from '../../domain/backup/backup-id.ts';
import { setSkew } from '../../domain/backup/backup-set.ts';
import type { BackupSummary } from '../../domain/backup/backup.ts';
import { combineRungs } from '../../domain/backup/ladder.ts';
import { outputsOf, plainResult, type StepResult } from '../../domain/operation/step-result.ts';
import { climbedRungs } from './rungs.ts';
import { said } from './service-kinds.ts';
import { ask, type ActionOf, type StepContext, type StepKind } from './step-kind.ts';

export const backup: StepKind<ActionOf<'backup'>> = {
  whenFailed: 'failsUnasked',
  begin: (context) =>
    ask({
      activity: 'takeBackup',
      told: {},
      profile: 'wait',
      lease: context.action.datastore,
      answered: ({ value }) => taken(context, value),
    }),
};

export const retention: StepKind<ActionOf<'retention'>> = {
  whenFailed: 'failsUnasked',
  begin({ results, action: { datastore } }) {
    // While backups fail, the old ones are all there is.
    const isNew = outputsOf(results, 'backup').some(
      ({ summary }) => memberOf(summary).datastore === datastore,
    );
    if (!isNew) {
      const detail = `kept everything: there is no new backup of ${datastore}`;
      return plainResult({ type: 'done' }, { detail });
    }
    return ask({
      activity: 'applyRetention',
      told: {},
      profile: 'change',
      lease: datastore,
      answered: said,
    });
  },
};

export const discard: StepKind<ActionOf<'discard'>> = {
  whenFailed: 'fails',
  begin: () => ask({ activity: 'discardCopy', told: {}, profile: 'undo', answered: said }),
};

export const conclude: StepKind<ActionOf<'conclude'>> = {
  whenFailed: 'failsUnasked',
  begin({ action, results, now }) {
    const { datastore, backup: id, required, whyNotRun } = action;
    const rungs = climbedRungs(results);
    const { verdict, reason } = combineRungs(required, rungs, whyNotRun);
    const finding = { name: 'backup', verdict, reason, samples: rungs.length };
    const ends = plainResult(
      { type: 'judged', verdict, message: reason, ends: true },
      { findings: [finding] },
    );
    if (verdict !== 'pass') return ends;
    if (fileOf(id) !== undefined) {
      return { ...ends, detail: `${reason}; a file is in no catalogue, and gets no mark` };
    }
    return ask({
      activity: 'markVerified',
      told: { backup: id, at: now, reason },
      profile: 'change',
      lease: datastore,
      findings: ends.findings,
      answered: ({ value }) => ({
        ...ends,
        findings: [],
        detail: `${reason}; ${value.detail}`,
      }),
    });
  },
};

function taken(
  context: StepContext<ActionOf<'backup'>>,
  { summary, odd, detail }: { summary: BackupSummary; odd: string[]; detail: string },
): StepResult {
  const notes: string[] = [];
  if (odd.length > 0) {
    notes.push(
      `${summary.id} is odd beside those before it, and is not restored by default: ${odd.join('; ')}`,
    );
  }
  const skew = skewWith(context, summary);
  if (skew?.doubtful === true) notes.push(skew.reason);
  return plainResult(
    { type: 'done' },
    {
      detail: skew === undefined ? detail : `${detail}; ${skew.reason}`,
      notes,
      output: { kind: 'backup', summary },
    },
  );
}

/** After the last one of a set: how far apart its members lie. By clocks that are off it is doubtful. */
function skewWith(
  { plan, step, results }: StepContext,
  summary: BackupSummary,
): ReturnType<typeof setSkew> | undefined {
  const last = plan.steps.findLast(({ action }) => action.kind === 'backup');
  const all = [...outputsOf(results, 'backup').map((one) => one.summary), summary];
  if (last?.id !== step.id || all.length < 2) return undefined;
  return setSkew(all.map(memberOf));
}

function memberOf({ id, recoveryPoint }: BackupSummary) {
  return { datastore: parseBackupId(id)?.datastore ?? id, recoveryPoint };
}
