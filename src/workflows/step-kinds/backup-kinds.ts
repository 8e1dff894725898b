// Steps of backups and of their proofs. A rung that could not be climbed is no verdict on the backup: inconclusive.
import { parseBackupId, fileOf } from '../../domain/backup/backup-id.ts';
import { setSkew } from '../../domain/backup/backup-set.ts';
import type { BackupSummary } from '../../domain/backup/backup.ts';
import { combineRungs } from '../../domain/backup/ladder.ts';
import { lossFindings, lossWords } from '../../domain/recovery/exchange.ts';
import { outputsOf, plainResult, type StepResult } from '../../domain/operation/step-result.ts';
import { otherCopy } from './candidate-kinds.ts';
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
      // Days of a freeze hold up no backup: the next one removes what is too old.
      failed: ({ kind, message }) =>
        kind === 'Frozen'
          ? plainResult({ type: 'done' }, { detail: `kept everything: ${message}` })
          : undefined,
    });
  },
};

export const discard: StepKind<ActionOf<'discard'>> = {
  whenFailed: 'fails',
  begin: (context) =>
    ask({
      activity: 'discardCopy',
      told:
        context.step.candidate === undefined ? otherCopy(context, context.action.datastore) : {},
      profile: 'undo',
      answered: said,
    }),
};

/** What is live may be away: that is what a copy is looked into for. */
export const compareLive: StepKind<ActionOf<'compareLive'>> = {
  whenFailed: 'doubtGoesOn',
  begin: () =>
    ask({
      activity: 'compareLive',
      told: {},
      profile: 'wait',
      answered: ({ value: loss }) =>
        plainResult(
          { type: 'done' },
          { detail: lossWords(loss), findings: lossFindings(loss), output: { kind: 'loss', loss } },
        ),
    }),
};

export const keepCopy: StepKind<ActionOf<'keepCopy'>> = {
  whenFailed: 'failsUnasked',
  begin: ({ action: { datastore, backup: id, ms }, results, now }) => {
    const until = Date.parse(now) + ms;
    const [compared] = outputsOf(results, 'loss');
    const loss = compared === undefined ? 'what differs is not known' : lossWords(compared.loss);
    return ask({
      activity: 'keepCopy',
      told: { until },
      profile: 'change',
      lease: datastore,
      answered: ({ value: { where, look } }) => {
        const place = `${id} is in ${where}, read-only, until ${new Date(until).toISOString()}`;
        const message = `${place}; ${loss}. Look into it: ${look.join(' · ')}`;
        return plainResult(
          { type: 'judged', verdict: 'pass', message, ends: false },
          { detail: `${place}. Look into it: ${look.join(' · ')}` },
        );
      },
    });
  },
};

export const conclude: StepKind<ActionOf<'conclude'>> = {
  whenFailed: 'failsUnasked',
  begin({ action, results, now }) {
    const { datastore, backup: id, required, whyNotRun } = action;
    const isFile = fileOf(id) !== undefined;
    const noMark = isFile ? 'a file is in no catalogue, and gets no mark' : action.noMark;
    const rungs = climbedRungs(results);
    const { verdict, reason } = combineRungs(required, rungs, whyNotRun);
    const finding = { name: 'backup', verdict, reason, samples: rungs.length };
    const ends = plainResult(
      { type: 'judged', verdict, message: reason, ends: true },
      { findings: [finding] },
    );
    if (verdict !== 'pass') return ends;
    if (noMark !== undefined) return { ...ends, detail: `${reason}; ${noMark}` };
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
  {
    summary,
    odd,
    detail,
    remarks = [],
  }: { summary: BackupSummary; odd: string[]; detail: string; remarks?: string[] },
): StepResult {
  const notes = remarks.map((remark) => `${summary.id}: ${remark}`);
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
