// What a recovery in the place of the live data ends with: what was lost, from which backup, how long users were without, and
// what is due now.
import { backedUpDatastore } from '../backup/backup-id.ts';
import { pointWords, type BackupSummary } from '../backup/backup.ts';
import type { Finding } from '../analysis/finding.ts';
import type { Plan } from '../operation/plan.ts';
import { outputOn, resultOf, type StepResults } from '../operation/step-result.ts';
import type { EvidenceEntry } from '../record/evidence.ts';
import { commandText } from '../text/command-text.ts';
import { spanOf } from '../text/time-span.ts';
import { overlap, type Interval } from '../time/intervals.ts';
import { lostIn } from './live/lost.ts';
import { adoptedIn } from './live/adopted.ts';
import { passedOverCandidates, takenBackups } from './live/candidates.ts';
import { lossWords, quarantinedAs } from './exchange.ts';

export interface RecoveryEnding {
  plan: Plan;
  results: StepResults;
  entries: readonly EvidenceEntry[];
  /** When people were waited for: at a gate, parked, paused. */
  waits: readonly Interval[];
  /** ISO 8601 */
  now: string;
}

export function recoveryEnd(ending: RecoveryEnding): { message: string; findings: Finding[] } {
  const { plan } = ending;
  const backups = takenBackups(plan, ending.results);
  const findings = [
    ...backups.map((backup) => pointFinding(backup, ending)),
    ...timeFindings(ending),
  ];
  const stores = [
    ...backups.map(({ id }) => storeWords({ datastore: backedUpDatastore(id), what: id }, ending)),
    ...adoptedIn(plan).map((one) => storeWords(one, ending)),
  ];
  const times = findings.map(({ reason }) => reason);
  const due = `due now: "${commandText('backup', plan.system)}", for the newest backup is of before, and "${commandText('drill', plan.system)}"`;
  return { message: [...stores, ...times, ...outsideWords(ending), due].join('; '), findings };
}

function storeWords(
  { datastore, what }: { datastore: string; what: string },
  { results, plan }: RecoveryEnding,
): string {
  const lost = outputOn(results, 'lost', datastore);
  const done = outputOn(results, 'exchanged', datastore);
  const loss = lost === undefined ? 'what was lost is not known' : `lost: ${lossWords(lost.loss)}`;
  const [moved] = lostIn(plan).filter((one) => one.datastore === datastore);
  if (moved !== undefined) {
    return `${datastore} is ${what}, at ${moved.where}; what was lost is not known, for what was live is gone: keep that off the network where it comes back`;
  }
  const kept =
    done === undefined
      ? ''
      : `; what was live is kept as ${lost === undefined ? done.exchanged.quarantined : quarantinedAs(lost.plan)}: until when, "${commandText('backups', plan.system)}" says`;
  const over = passedOverCandidates(results, datastore).map(
    ({ id }) => `, for ${id} was found bad`,
  );
  return `${datastore} is ${what}${over.join('')}; ${loss}${kept}`;
}

/** What people said of each list of what was sent outside. */
function outsideWords({ plan, results }: RecoveryEnding): string[] {
  return plan.steps.flatMap(({ id, action }) => {
    if (action.kind !== 'askOutside') return [];
    const said = resultOf(results, id)?.findings.at(-1)?.reason;
    return [`${action.name}: ${said ?? 'nobody said that it was looked through'}`];
  });
}

/** From the recovery point to when writers were kept out: what was written in between is what is lost. */
function pointFinding(backup: BackupSummary, { entries, plan }: RecoveryEnding): Finding {
  const datastore = backedUpDatastore(backup.id);
  const fence = plan.steps.find(
    ({ action }) => action.kind === 'writeFence' && action.datastore === datastore,
  );
  const fencedAt = doneAt(entries, fence?.id);
  const point = backup.recoveryPoint.notBefore;
  const of = pointWords(backup.recoveryPoint);
  const about = { name: `rpo ${datastore}`, verdict: 'pass', samples: 1 } as const;
  if (lostIn(plan).some((one) => one.datastore === datastore)) {
    return { ...about, reason: `${datastore} is as of ${of}: unknown since then` };
  }
  if (fencedAt === undefined) return { ...about, reason: `${datastore} is as of ${of}` };
  const got = spanOf(Date.parse(fencedAt) - Date.parse(point));
  return {
    ...about,
    reason: `${datastore} is as of ${of}, ${got} before writers were kept out`,
    got,
  };
}

/** From the start of the operation to the first share that users were seen in, people's time told apart. */
function timeFindings({ entries, plan, waits }: RecoveryEnding): Finding[] {
  const began = entries[0]?.at;
  // Of two versions that a service may come back in, one is passed over.
  const begun = new Set(
    entries.flatMap((one) => (one.type === 'step' && one.status === 'started' ? [one.id] : [])),
  );
  const shares = plan.steps.filter(({ id, action }) => action.kind === 'admit' && begun.has(id));
  if (began === undefined || admittedAt(entries, shares[0]?.id) === undefined) return [];
  const admitted = admittedAt(entries, shares.find(({ id }) => !isUnseen(entries, id))?.id);
  if (admitted === undefined) {
    const reason = 'users were let in, and none was seen to come: when they were back is not known';
    return [{ name: 'rto', verdict: 'inconclusive', samples: 0, reason }];
  }
  const got = spanOf(Date.parse(admitted) - Date.parse(began));
  const reason = `first users were in again ${got} after the recovery began${waitedWords(waits, began, admitted)}`;
  return [{ name: 'rto', verdict: 'pass', samples: 1, reason, got }];
}

/** For how long people were waited for (a gate, a parked step, a pause), as the end of a sentence. */
function waitedWords(waits: readonly Interval[], from: string, to: string): string {
  const ms = overlap(waits, from, to);
  return ms === 0 ? '' : `, of that ${spanOf(ms)} of waiting for people`;
}

/** A share whose watch saw too few to judge by: perhaps nobody. The last word of each of its analyses counts. */
function isUnseen(entries: readonly EvidenceEntry[], step: string): boolean {
  const last = new Map<string, boolean>();
  for (const one of entries) {
    if (one.type === 'verdict' && one.step === step)
      last.set(one.name, one.verdict === 'inconclusive');
  }
  return [...last.values()].includes(true);
}

/** When users were seen to be let in: the step watches them for a while after that. */
function admittedAt(
  entries: readonly EvidenceEntry[],
  step: string | undefined,
): string | undefined {
  const began = entries.findIndex((one) => one.type === 'step' && one.id === step);
  if (began === -1) return undefined;
  return entries.slice(began).find((one) => one.type === 'weights')?.at;
}

function doneAt(entries: readonly EvidenceEntry[], id: string | undefined): string | undefined {
  return entries.findLast((one) => one.type === 'step' && one.id === id && one.status !== 'started')
    ?.at;
}
