// What an operation waits for at this moment, as Temporal lists it: the activities that run or are tried again, with what their
// heartbeats say. Plain JSON, and the sentences that say it.
import { GATE_WATCH, type PendingActivity, type Timestamp } from '../analysis/gate-watch.ts';
import { isRecord, textAt } from '../json.ts';
import { countOf, numberOf, sizeOf } from '../text/amounts.ts';
import { spanOf } from '../text/time-span.ts';

/** How far an activity came that moves data. Bytes, and rows. */
export interface DataProgress {
  written: number;
  read: number;
  rows: number;
  /** Of how many; absent where nobody knows. */
  of?: { read?: number; rows?: number };
  /** When one of the numbers grew last (ms). */
  movedAt: number;
  /** A restore into a live server: how far each standby and slot of that fell behind, in sentences. */
  restoring?: string[];
}

/** An activity that runs, or is tried again. Times are ISO 8601. */
export interface PendingWork {
  activity: string;
  attempt: number;
  /** When this attempt began; absent while it waits for its turn. */
  since?: string;
  /** Why the attempt before ended. */
  lastFailure?: string;
  progress?: DataProgress;
  /** What it waits for, that may take a while. */
  waitsFor?: string;
  /** Since when no number grew, where that is long. */
  silentSince?: string;
}

/** Milliseconds without a byte or a row, after which it is said. */
const SILENT_MS = 15_000;

/** What is pending but for gate watches, which status shows by themselves. */
export function pendingWork<Payload>(
  pending: readonly PendingActivity<Payload>[],
  decode: (payload: Payload) => unknown,
  now: number,
): PendingWork[] {
  return pending.flatMap((one) => {
    const activity = one.activityType?.name ?? '';
    if (activity === '' || activity === GATE_WATCH) return [];
    const [payload] = one.heartbeatDetails?.payloads ?? [];
    const beat = payload === undefined ? undefined : decode(payload);
    const [progress, waitsFor] = [progressIn(beat), waitsForIn(beat)];
    return {
      ...{ activity, ...attemptOf(one) },
      ...(waitsFor !== undefined && { waitsFor }),
      ...(progress !== undefined && seenOf(progress, now)),
    };
  });
}

function attemptOf({
  attempt,
  lastStartedTime,
  lastFailure,
}: PendingActivity<unknown>): Pick<PendingWork, 'attempt' | 'since' | 'lastFailure'> {
  const since = timeOf(lastStartedTime);
  const failed = lastFailure?.message ?? '';
  return {
    attempt: attempt ?? 1,
    ...(since !== undefined && { since }),
    ...(failed !== '' && { lastFailure: failed }),
  };
}

function seenOf(
  progress: DataProgress,
  now: number,
): Pick<PendingWork, 'progress' | 'silentSince'> {
  if (now - progress.movedAt <= SILENT_MS) return { progress };
  return { progress, silentSince: new Date(progress.movedAt).toISOString() };
}

/** `attempt 2: connection refused`, `12.0 MB of 40.0 MB read, 1,200 rows counted`; nothing where nothing is to be said. */
export function pendingLines(pending: readonly PendingWork[], now: number): string[] {
  return pending.flatMap(({ attempt, lastFailure, progress, silentSince, waitsFor }) => {
    const words = [
      ...(waitsFor === undefined ? [] : [`waits for ${waitsFor}`]),
      ...(progress === undefined ? [] : progressWords(progress)),
      ...(silentSince === undefined
        ? []
        : [
            `nothing new for ${spanOf(now - Date.parse(silentSince))}: waiting for its tool or server`,
          ]),
      ...(attempt > 1 ? [`attempt ${attempt}: ${lastFailure ?? 'no reason given'}`] : []),
    ];
    return words.length === 0 ? [] : [words.join(', ').replaceAll('\n', ' ')];
  });
}

function progressWords({ written, read, rows, of = {}, restoring = [] }: DataProgress): string[] {
  const most = of.read === undefined ? '' : ` of ${sizeOf(of.read)}`;
  const all = of.rows === undefined ? '' : `${numberOf(Math.min(rows, of.rows))} of `;
  return [
    ...(written === 0 ? [] : [`${sizeOf(written)} written`]),
    ...(read === 0 ? [] : [`${sizeOf(Math.min(read, of.read ?? read))}${most} read`]),
    ...(rows === 0 ? [] : [`${all}${countOf(of.rows ?? rows, 'row')} counted`]),
    ...restoring,
  ];
}

function progressIn(beat: unknown): DataProgress | undefined {
  const progress = isRecord(beat) ? beat['progress'] : undefined;
  return isDataProgress(progress) ? progress : undefined;
}

function waitsForIn(beat: unknown): string | undefined {
  return textAt(isRecord(beat) ? beat['progress'] : undefined, 'waitsFor');
}

function isDataProgress(value: unknown): value is DataProgress {
  if (!isRecord(value)) return false;
  return ['written', 'read', 'rows', 'movedAt'].every((key) => typeof value[key] === 'number');
}

function timeOf(time: Timestamp | undefined): string | undefined {
  const seconds = Number(time?.seconds?.toString() ?? 0);
  if (!Number.isFinite(seconds) || seconds <= 0) return undefined;
  return new Date(seconds * 1000 + (time?.nanos ?? 0) / 1e6).toISOString();
}

export function startProgress(now: number, of?: DataProgress['of']): DataProgress {
  return { written: 0, read: 0, rows: 0, ...(of !== undefined && { of }), movedAt: now };
}

/** What a port beat, added: `{written: bytes}`, `{read: bytes}`, `{rows: rows}`, each since it beat last. */
export function progressed(progress: DataProgress, beat: unknown, now: number): DataProgress {
  const more = (key: string): number => {
    const value = isRecord(beat) ? beat[key] : undefined;
    return typeof value === 'number' ? value : 0;
  };
  // A look at standbys moves nothing: a tool that is silent meanwhile is said to be.
  const behind: unknown = isRecord(beat) ? beat['restoring'] : undefined;
  if (Array.isArray(behind)) {
    return { ...progress, restoring: behind.filter((one) => typeof one === 'string') };
  }
  return {
    ...progress,
    written: progress.written + more('written'),
    read: progress.read + more('read'),
    rows: progress.rows + more('rows'),
    movedAt: now,
  };
}
