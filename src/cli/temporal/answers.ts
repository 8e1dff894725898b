// What workers and Temporal answer, checked where it comes in. Only what the command line relies on is looked
// at; new fields pass, and so do new values of every union.
import { isRecord, isText } from '../../domain/json.ts';
import type { BackupSummary } from '../../domain/backup/backup.ts';
import type { BackupList } from '../../domain/backup/backup-list.ts';
import type { Report, ReportSummary } from '../../domain/record/report.ts';
import type { WantedSchedules } from '../../domain/time/schedules.ts';
import type { OperationStatus, SystemStatus } from '../../domain/operation/status.ts';

export function isOperationStatus(value: unknown): value is OperationStatus {
  return (
    hasTexts(value, ['operation', 'runId', 'state']) &&
    hasLists(value, ['gates', 'weights', 'undo', 'steps', 'verdicts'])
  );
}

export function isSystemStatus(value: unknown): value is SystemStatus {
  return (
    hasTexts(value, ['system']) &&
    isRecord(value['services']) &&
    Object.values(value['services']).every((one) => hasLists(one, ['weights', 'revisions'])) &&
    hasLists(value, ['operations'])
  );
}

export function isBackupList(value: unknown): value is BackupList {
  return (
    hasTexts(value, ['system']) &&
    hasLists(value, ['backups']) &&
    typeof value['omitted'] === 'number'
  );
}

export function isWantedSchedules(value: unknown): value is WantedSchedules {
  return (
    hasLists(value, ['systems', 'wanted', 'broken']) &&
    isRecord(value) &&
    Array.isArray(value['wanted']) &&
    value['wanted'].every(
      (one) =>
        hasTexts(one, ['id', 'workflowType', 'workflowId', 'overlap']) && hasLists(one, ['at']),
    )
  );
}

export function isSummary(value: unknown): value is ReportSummary {
  return hasTexts(value, ['operation', 'outcome']) && hasLists(value, ['leftovers', 'findings']);
}

export function isBackupSummary(value: unknown): value is BackupSummary {
  return (
    hasTexts(value, ['id', 'kind', 'source', 'endedAt']) &&
    ['bytes', 'parts', 'rows'].every((key) => typeof value[key] === 'number')
  );
}

export function isReport(value: unknown): value is Report {
  return (
    hasTexts(value, ['schema', 'operation', 'runId']) &&
    hasLists(value, ['steps', 'decisions', 'verdicts', 'weights', 'timings', 'leftovers']) &&
    hasLists(value, ['findings', 'undo', 'messages']) &&
    isRecord(value['evidence']) &&
    Array.isArray(value['evidence']['entries'])
  );
}

function hasTexts(value: unknown, keys: readonly string[]): value is Record<string, unknown> {
  return isRecord(value) && keys.every((key) => isText(value[key]));
}

function hasLists(value: unknown, keys: readonly string[]): boolean {
  return isRecord(value) && keys.every((key) => Array.isArray(value[key]));
}
