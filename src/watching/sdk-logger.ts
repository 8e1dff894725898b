// What Temporal's SDK says (of workers, activities, workflows, its native core) as entries of the worker's log:
// names that our documents use, expected failures as one line without a stack, and less of what nobody asks for.
import { ApplicationFailure, type LogMetadata, type Logger } from '@temporalio/common';
import { failureKind, type FailureKind } from '../domain/failure.ts';
import type { Log, LogEntry, LogLevel } from './log.ts';

const LEVELS = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
} as const satisfies Record<string, LogLevel>;

/** The SDK's name of a field and ours; `null`: the field is left out. */
const NAMES: Readonly<Record<string, string | null>> = {
  workflowRunId: 'runId',
  activityType: 'activity',
  operationKind: 'kind',
  sdkComponent: 'component',
  taskToken: null,
  activityId: null,
  isLocal: null,
  namespace: null,
  taskQueue: null,
};

/** Failures that an operation expects and deals with: logged in one line at info. The others deserve a look. */
const EXPECTED: Readonly<Record<FailureKind, boolean>> = {
  BadInput: true,
  Refused: true,
  Unsupported: true,
  NotFound: true,
  WorldChanged: true,
  Superseded: true,
  LeaseLost: true,
  Frozen: true,
  Outage: true,
  NotReady: true,
  CheckFailed: true,
  Unavailable: false,
  Broken: false,
};

export function sdkLogger(log: Log): Logger {
  const say = (level: LogLevel, message: string, meta?: LogMetadata): void => {
    log.write(entryOf(level, message, meta ?? {}));
  };
  return {
    log: (level, message, meta) => {
      say(LEVELS[level], message, meta);
    },
    trace: (message, meta) => {
      say('trace', message, meta);
    },
    debug: (message, meta) => {
      say('debug', message, meta);
    },
    info: (message, meta) => {
      say('info', message, meta);
    },
    warn: (message, meta) => {
      say('warn', message, meta);
    },
    error: (message, meta) => {
      say('error', message, meta);
    },
  };
}

function entryOf(level: LogLevel, message: string, meta: LogMetadata): LogEntry {
  const fields: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(meta) as [string, unknown][]) {
    const name = NAMES[key] === undefined ? key : NAMES[key];
    if (name !== null) fields[name] = value;
  }
  const when: unknown = meta[Symbol.for('log_timestamp')];
  const at = typeof when === 'bigint' ? { at: Number(when / 1_000_000n) } : {};
  return { ...shortened(level, message, fields), ...at };
}

function shortened(
  level: LogLevel,
  message: string,
  fields: Record<string, unknown>,
): Pick<LogEntry, 'level' | 'message' | 'fields'> {
  const { error, ...rest } = fields;
  if (message === 'Activity failed' && error instanceof ApplicationFailure) {
    const kind = failureKind(error.type);
    const isExpected = kind !== undefined && EXPECTED[kind];
    const failure = { failure: error.type, reason: error.message };
    return { level: isExpected ? 'info' : level, message, fields: { ...rest, ...failure } };
  }
  // The outcome of an operation, which it has told people; a bug fails a workflow task and no workflow.
  if (message === 'Workflow failed') {
    const reason = error instanceof Error ? error.message : undefined;
    return { level: 'debug', message, fields: { ...rest, reason } };
  }
  return { level, message, fields };
}
