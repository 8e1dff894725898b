// Removes backups that are too old, and climbs the rungs of the ladder. Manifests and contents stay here: what goes
// back into a history is a summary, a verdict, a sentence.
import type { Datastore } from '../../config/datastores.ts';
import { storedBytes, totalRows, type CompleteBackup } from '../../domain/backup/backup.ts';
import { changedDefinitions, withDefinitions } from '../../domain/backup/compare-contents.ts';
import { Failure } from '../../domain/failure.ts';
import type { Loss } from '../../domain/recovery/exchange.ts';
import { judgeInvariants, type Asked } from '../../domain/backup/judge-invariants.ts';
import { judgeComplete, judgeCorrect, type RungResult } from '../../domain/backup/ladder.ts';
import {
  lastVerified,
  retentionDecisions,
  type RetentionDecision,
} from '../../domain/backup/retention.ts';
import type { Rung } from '../../domain/backup/rungs.ts';
import { progressed, startProgress, type DataProgress } from '../../domain/operation/pending.ts';
import type { Call } from '../call.ts';
import type {
  BackupRemovalPort,
  BackupsPort,
  CopyPlacement,
  CopyRef,
  CopyView,
  DatastoreRef,
} from '../../ports/backups.ts';
import type { Clock } from '../../ports/clock.ts';
import { countOf, sizeOf } from '../../domain/text/amounts.ts';
import { spanOf } from '../../domain/text/time-span.ts';

export interface DataPorts {
  backups: BackupsPort;
  removal: BackupRemovalPort;
  clock: Pick<Clock, 'now'>;
}

/** Removals that are told one by one. */
const TOLD = 20;

export async function applyRetention(
  input: { store: DatastoreRef },
  call: Call,
  { backups, removal, clock }: DataPorts,
): Promise<{ removed: number; detail: string }> {
  const { store } = input;
  const entries = await backups.list(store, call);
  const { retention } = store.settings.backup;
  const decisions = retentionDecisions(entries, retention, clock.now());
  const old = decisions.filter(({ keep }) => !keep);
  const lines: string[] = [];
  for (const { id, reason } of old) {
    call.signal.throwIfAborted();
    await call.token();
    const { objects, bytes } = await removal.remove(id, call);
    lines.push(`removed ${id} (${countOf(objects, 'object')}, ${sizeOf(bytes)}): ${reason}`);
  }
  const more = lines.length > TOLD ? [`and ${lines.length - TOLD} more`] : [];
  const kept = keptWords(decisions, lastVerified(entries));
  return { removed: old.length, detail: [kept, ...lines.slice(0, TOLD), ...more].join('; ') };
}

/** The first rung; reads the stored objects and nothing else. */
export async function examineBackup(
  input: { store: DatastoreRef; id: string },
  call: Call,
  { backups, clock }: DataPorts,
): Promise<RungResult> {
  const entry = await backups.read(input.id, call);
  const of = entry.state === 'complete' ? { read: storedBytes(entry.manifest) } : {};
  return backups.examine(input, counting(call, clock, of));
}

/** The call with its beats added up, so that whoever waits sees how far the work is. */
export function counting(call: Call, { now }: DataPorts['clock'], of?: DataProgress['of']): Call {
  let progress = startProgress(now(), of);
  call.beat(progress);
  return {
    ...call,
    beat: (more) => {
      if (more !== undefined) progress = progressed(progress, more, now());
      call.beat(progress);
    },
  };
}

export async function restoreCopy(
  { id, target, into = 'scratch' }: { id: string; target: CopyRef; into?: CopyPlacement },
  call: Call,
  { backups, clock }: DataPorts,
): Promise<RungResult> {
  await call.token();
  const began = clock.now();
  const owned = { ...target, owner: call.run };
  await backups.restore({ id, target: owned, into }, counting(call, clock));
  const { kind } = target.store.settings;
  const reason = `${id} went into a copy of kind ${kind} without an error, in ${spanOf(clock.now() - began)}`;
  return { rung: 'loads', verdict: 'pass', reason };
}

/** Both rungs from one reading of the copy. */
export async function compareCopy(
  { id, target, rungs }: { id: string; target: CopyRef; rungs: Rung[] },
  call: Call,
  { backups, clock }: DataPorts,
): Promise<RungResult[]> {
  const { manifest } = await complete(backups, id, call);
  const of = { rows: totalRows(manifest.contents) };
  const { contents } = await backups.fingerprint(target, counting(call, clock, of));
  // What a server prints of a definition changes when it is loaded: both as the copy's prints them.
  const changed = changedDefinitions(manifest.contents, contents).map(({ was }) => was);
  const printed =
    changed.length === 0 ? [] : await backups.reprint({ target, definitions: changed }, call);
  const expected = withDefinitions(manifest.contents, printed);
  return [
    ...(rungs.includes('complete') ? [judgeComplete(expected, contents)] : []),
    ...(rungs.includes('correct') ? [judgeCorrect(expected, contents)] : []),
  ];
}

export async function askInvariants(
  { target, invariants }: { target: CopyRef; invariants: Datastore['verify']['invariants'] },
  call: Call,
  { backups }: DataPorts,
): Promise<RungResult> {
  const asked: Asked[] = [];
  for (const { query } of invariants) {
    call.signal.throwIfAborted();
    asked.push(await answerTo(backups.ask({ target, query }, call)));
  }
  return judgeInvariants(invariants, asked);
}

interface Judged {
  id: string;
  at: string;
  reason: string;
}

export async function markVerified(
  judged: Judged,
  call: Call,
  ports: DataPorts,
): Promise<{ detail: string }> {
  await mark('verified', judged, call, ports);
  return { detail: `${judged.id} is verified as of ${judged.at}` };
}

/** A backup that was found bad is restored by nobody who does not name it, and takes no good one's place. */
export async function markFailed(
  judged: Judged,
  call: Call,
  ports: DataPorts,
): Promise<{ detail: string }> {
  await mark('failed', judged, call, ports);
  return { detail: `${judged.id} is not taken by itself any more` };
}

async function mark(
  kind: 'verified' | 'failed',
  { id, at, reason }: Judged,
  call: Call,
  { backups }: DataPorts,
): Promise<void> {
  await call.token();
  const by = call.operation;
  await backups.mark(id, { schema: 'fairlead/backup-mark/v1', kind, at, by, reason }, call);
  const { marks } = await complete(backups, id, call);
  if (!marks.some((one) => one.kind === kind && one.at === at)) {
    throw new Failure('Broken', `${id} was marked as ${kind}, and the mark is not there`);
  }
}

/** What is live goes on meanwhile: the answer is of this moment. */
export function compareLive(
  { target }: { target: CopyRef },
  call: Call,
  { backups, clock }: DataPorts,
): Promise<Loss> {
  return backups.lossAgainstLive(target, counting(call, clock));
}

export async function keepCopy(
  input: { target: CopyRef; until: number },
  call: Call,
  { backups }: DataPorts,
): Promise<CopyView> {
  await call.token();
  return backups.keep(input, call);
}

/** The copy says no: that is an answer. Anything else is nobody's verdict, and is thrown on. */
export async function answerTo(asking: Promise<string | null>): Promise<Asked> {
  try {
    return { value: await asking };
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== 'CheckFailed') throw error;
    return { problem: error.message };
  }
}

export async function complete(
  backups: BackupsPort,
  id: string,
  call: Call,
): Promise<CompleteBackup> {
  const entry = await backups.read(id, call);
  if (entry.state === 'complete') return entry;
  throw new Failure('CheckFailed', `${id} is ${entry.state}, and was complete a moment ago`);
}

function keptWords(
  decisions: readonly RetentionDecision[],
  verified: CompleteBackup | undefined,
): string {
  const kept = decisions.filter(({ keep }) => keep).length;
  const last = verified === undefined ? 'none of them verified' : `last verified ${verified.id}`;
  return `kept ${kept} of ${decisions.length}, ${last}`;
}
