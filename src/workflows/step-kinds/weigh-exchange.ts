// The question before an exchange: all that was found, in one place.
import type { Finding } from '../../domain/analysis/finding.ts';
import { passedOverIn, SUSPECT } from '../../domain/backup/anomaly.ts';
import type { BackupSummary, Served } from '../../domain/backup/backup.ts';
import { backedUpDatastore } from '../../domain/backup/backup-id.ts';
import type { Plan, StepAction } from '../../domain/operation/plan.ts';
import {
  outputOn,
  outputsOf,
  plainResult,
  resultOf,
  type StepResults,
} from '../../domain/operation/step-result.ts';
import {
  exchangeWords,
  lossFindings,
  lossWords,
  type ExchangePlan,
  type Loss,
} from '../../domain/recovery/exchange.ts';
import { ROOM } from '../../domain/recovery/exchange-steps.ts';
import { adoptedIn } from '../../domain/recovery/live/adopted.ts';
import { passedOverCandidates, takenBackups } from '../../domain/recovery/live/candidates.ts';
import { versionStep } from '../../domain/recovery/live/service-steps.ts';
import { leftOutWords } from '../../domain/recovery/live/reconcile.ts';
import type { LeftOut } from '../../domain/recovery/recovery-actions.ts';
import { servicePlaceOf } from '../../domain/recovery/live/service-place.ts';
import { lostIn } from '../../domain/recovery/live/lost.ts';
import type { ActionOf, StepKind } from './step-kind.ts';

/** All that was found in one place, under the digest that whoever approves answers for. */
export const weighExchange: StepKind<ActionOf<'weighExchange'>> = {
  whenFailed: 'fails',
  begin({ action, plan, results, now }) {
    const lost = outputsOf(results, 'lost');
    const findings = takenBackups(plan, results).flatMap((backup): Finding[] => {
      const datastore = backedUpDatastore(backup.id);
      const over = passedOverCandidates(results, datastore);
      const found = outputOn(results, 'lost', datastore);
      const { notAfter } = backup.recoveryPoint;
      const proved = backup.verifiedAt === null ? 'never verified before' : 'verified before';
      const reason = `${backup.id}, recovery point ${notAfter}, ${proved}${suspectOf(plan, backup.id)}${passedOverOf(plan, datastore)}`;
      return [
        { name: `${datastore}: backup`, verdict: 'pass', reason, samples: 1 },
        ...over.map(({ id, why }) => overFinding(datastore, id, why)),
        ...foundOf(datastore, found),
        ...ranBeside(plan, results, datastore),
        ...versionsOf(action.now, backup, datastore, results),
        ...roomOf(results, datastore),
        ...lostIn(plan).map(({ where }) => lostFinding(datastore, where, notAfter)),
      ];
    });
    for (const { datastore, what } of adoptedIn(plan)) {
      const found = outputOn(results, 'lost', datastore);
      const beside = ranBeside(plan, results, datastore);
      findings.push(adoptedFinding(datastore, what), ...foundOf(datastore, found), ...beside);
    }
    findings.push(...(action.leftOut ?? []).map(leftOutFinding));
    const newest = lost.filter((one) => outputOn(results, 'lost', one.datastore) === one);
    const told = newest.map(({ datastore, loss }) => `${datastore}: ${lossWords(loss)}`);
    const gone = lostIn(plan).map(({ datastore }) => `${datastore}: not known, for it is gone`);
    const detail = `as of ${now}, users are kept out; to be lost: ${[...told, ...gone].join('. ')}`;
    return plainResult({ type: 'done' }, { detail, findings });
  },
};

/** What is lost, and what the exchange does; nothing where nobody counted. */
function foundOf(
  datastore: string,
  found: { loss: Loss; plan: ExchangePlan } | undefined,
): Finding[] {
  if (found === undefined) return [];
  const lost = lossFindings(found.loss).map((one) => ({
    ...one,
    name: `${datastore}: ${one.name}`,
  }));
  return [...lost, placeFinding(datastore, found.plan)];
}

/** What runbooks made of the copy, and what would have been lost without all of them. */
function ranBeside({ steps }: Plan, results: StepResults, datastore: string): Finding[] {
  const began = results.findIndex(({ step: { action } }) => isOn(action, datastore));
  const counted = outputOn(results.slice(0, Math.max(0, began)), 'lost', datastore);
  const before = counted && `; before any runbook: ${lossWords(counted.loss)}`;
  return steps.flatMap(({ id, action }): Finding[] => {
    if (!isOn(action, datastore)) return [];
    const result = resultOf(results, id);
    const isDone = result?.event.type === 'done';
    const reason = isDone
      ? `the runbook ${action.runbook} was carried out on the copy: ${result.detail}${before ?? ''}`
      : `the runbook ${action.runbook} was not carried out on the copy as a whole, and somebody went on without`;
    const verdict = isDone ? 'pass' : 'inconclusive';
    return [{ name: `${datastore}: ${action.runbook}`, verdict, reason, samples: 1 }];
  });
}

function isOn(action: StepAction, datastore: string): action is ActionOf<'runBeside'> {
  return action.kind === 'runBeside' && action.datastore === datastore;
}

function leftOutFinding(one: LeftOut): Finding {
  const reason = `${leftOutWords(one)}; do by hand what the copy needs of them before you approve, or abort`;
  return { name: `${one.datastore}: runbooks`, verdict: 'inconclusive', reason, samples: 1 };
}

/** What was found before anybody was kept out. */
function roomOf(results: StepResults, datastore: string): Finding[] {
  const looked = results.findLast(({ step }) => step.action.kind === 'lookAhead');
  return (looked?.result.findings ?? [])
    .filter(({ name }) => name === `${ROOM}${datastore}`)
    .map((one) => ({ ...one, name: `${datastore}: room` }));
}

/** Other versions served when it was made than do now: what each needs of the data may differ. */
function versionsOf(
  serving: Served = {},
  { served = {} }: BackupSummary,
  datastore: string,
  results: StepResults,
): Finding[] {
  return Object.entries(served).flatMap(([service, then]): Finding[] => {
    const now = serving[service] ?? [];
    if (now.length === 0 || now.join() === then.join()) return [];
    const [was, is] = [then.join(' and ') || 'nothing', now.join(' and ')];
    const reason = `${service} served ${was} when it was made, and serves ${is} now: ${chosenFor(service, results) ?? `where ${is} needs another structure, recovery.migrate brings the data up, or abort, go back to ${was} and begin anew`}`;
    return [{ name: `${datastore}: versions of ${service}`, verdict: 'pass', reason, samples: 1 }];
  });
}

/** Who chose which version serves on the backup. */
function chosenFor(service: string, results: StepResults): string | undefined {
  return resultOf(results, versionStep(service))?.detail;
}

function lostFinding(datastore: string, where: string, point: string): Finding {
  const reason = `what was written since ${point} is lost, and nobody can say what it was; ${where} becomes ${datastore}, and services are bound to it`;
  return { name: `${datastore}: lost`, verdict: 'pass', reason, samples: 1 };
}

function adoptedFinding(datastore: string, what: string): Finding {
  const reason = `${whoseWords(what)}: no manifest says what it has to hold, and its recovery point is ${pointOf(what)}`;
  return { name: `${datastore}: adopted`, verdict: 'pass', reason, samples: 1 };
}

function whoseWords(what: string): string {
  const asked = servicePlaceOf(what);
  if (asked === undefined) return `${what}, which somebody else restored`;
  return 'at' in asked
    ? `what was there at ${asked.at}, cloned by the datastore's own service`
    : `the backup ${asked.backup} of the datastore's own service, which restored it`;
}

function pointOf(what: string): string {
  const asked = servicePlaceOf(what);
  if (asked === undefined) return 'not known';
  return 'at' in asked ? asked.at : 'when that backup was made, which its service lists';
}

function placeFinding(datastore: string, plan: ExchangePlan): Finding {
  const reason = exchangeWords(plan);
  return { name: `${datastore}: exchange`, verdict: 'pass', reason, samples: 1 };
}

function overFinding(datastore: string, id: string, why: string): Finding {
  const reason = `${id} was found bad and passed over: ${why}`;
  return { name: `${datastore}: candidate passed over`, verdict: 'pass', reason, samples: 1 };
}

/** That it may have what harmed the data, as the plan says it. */
function suspectOf({ steps }: Plan, id: string): string {
  const isSuspect = steps.some(
    ({ action, title }) =>
      action.kind === 'rung' && action.backup === id && title.includes(SUSPECT),
  );
  return isSuspect ? `; suspect: its recovery point is after the time ${SUSPECT}` : '';
}

/** Which newer backups were not taken, as the plan says it. */
function passedOverOf({ steps }: Plan, datastore: string): string {
  const loads = steps.find(
    ({ action }) =>
      action.kind === 'rung' && action.rung === 'loads' && action.datastore === datastore,
  );
  const note = passedOverIn(loads?.title ?? '');
  return note === undefined ? '' : `; ${note}`;
}
