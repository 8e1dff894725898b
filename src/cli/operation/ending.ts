// How an operation ended, and the exit code that says so. Pure but for reading Temporal's errors.
import { commandText } from '../../domain/text/command-text.ts';
import {
  ApplicationFailure,
  CancelledFailure,
  TerminatedFailure,
  TimeoutFailure,
  WorkflowFailedError,
} from '@temporalio/client';
import { failureKind, type FailureKind } from '../../domain/failure.ts';
import { textAt } from '../../domain/json.ts';
import type { BackupSummary } from '../../domain/backup/backup.ts';
import { isBackupSummary, isSummary } from '../temporal/answers.ts';
import { EXIT } from '../exit.ts';
import { exitCodeOf, exitCodeOfKind } from './outcome-code.ts';

export interface Ending {
  outcome: string;
  message: string;
  code: number;
  /** What `--json` prints. */
  json: unknown;
  leftovers: string[];
  findings: string[];
  /** What was taken, or what was to be proved. */
  backups: BackupSummary[];
  /** Present when the operation itself was to give one. */
  verdict?: string;
}

/** The kind of `Failure` that an operation failed with: it stands in the second detail of the ApplicationFailure. */
export function kindOf(failure: ApplicationFailure): FailureKind | undefined {
  const [, more]: unknown[] = failure.details ?? [];
  return failureKind(textAt(more, 'kind'));
}

export interface RunName {
  operation: string;
  workflowId: string;
  runId: string;
}

/** The end of a workflow that completed. */
export function endingOfResult(run: RunName, result: unknown): Ending {
  if (isSummary(result)) {
    return ending(run, result.outcome ?? 'succeeded', result.message ?? '', result);
  }
  return ending(run, 'succeeded', '', undefined);
}

/**
 * The end of a workflow that failed; `undefined` for an error that is not about its end. `next`: the run of another
 * operation that has the name since.
 */
export function endingOfError(run: RunName, error: unknown, next?: string): Ending | undefined {
  if (!(error instanceof WorkflowFailedError)) return undefined;
  const { cause } = error;
  if (cause instanceof ApplicationFailure) return endingOfFailure(run, cause);
  if (cause instanceof CancelledFailure) {
    return ending(run, 'aborted', 'it was cancelled through Temporal', undefined);
  }
  if (cause instanceof TerminatedFailure) {
    const since =
      next === undefined ? '' : `; another one of this name was started since (${next})`;
    const said = `it was terminated (${cause.message}): nothing was undone; see "${commandText('report', run.operation, '--run', run.runId)}"${since}`;
    return ending(run, 'interrupted', said, undefined);
  }
  if (cause instanceof TimeoutFailure) {
    return ending(run, 'interrupted', `it timed out: ${cause.message}`, undefined);
  }
  return ending(run, 'failed', cause?.message ?? error.message, undefined);
}

function endingOfFailure(run: RunName, failure: ApplicationFailure): Ending {
  const [details]: unknown[] = failure.details ?? [];
  const end = ending(run, failure.type ?? 'failed', failure.message, details);
  // What was asked for makes no sense or is not there: the asker's mistake, not the operation's failure.
  const kind = kindOf(failure);
  const isMistake = kind !== undefined && exitCodeOfKind(kind) === EXIT.badInput;
  return isMistake && end.leftovers.length === 0 ? { ...end, code: EXIT.badInput } : end;
}

function ending(run: RunName, outcome: string, message: string, details: unknown): Ending {
  const summary = isSummary(details) ? details : undefined;
  const leftovers = summary?.leftovers ?? [];
  return {
    outcome,
    message,
    code: exitCodeOf({ outcome, leftovers }),
    json: summary ?? { ...run, outcome, message, leftovers, findings: [] },
    leftovers,
    findings: summary?.findings ?? [],
    backups: backupsIn(summary?.backups),
    ...(typeof summary?.verdict === 'string' && { verdict: summary.verdict }),
  };
}

/** The backups that a summary names; the summary may come from a worker of another version, so each is checked. */
function backupsIn(backups: unknown): BackupSummary[] {
  return Array.isArray(backups) ? backups.filter(isBackupSummary) : [];
}
