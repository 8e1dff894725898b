// What `inspectSystem` may be asked, checked by hand: its input comes from outside.
import { describeValue } from '../text/describe-value.ts';
import { noSuchField } from '../text/did-you-mean.ts';
import { badInput, Failure } from '../failure.ts';
import { isRecord } from '../json.ts';
import { NAME } from '../text/names.ts';
import { isMoment, MOMENT_ALLOWED } from './request.ts';
import type { RunRef } from './operation.ts';

/** What one question asks of a system: its status, or what one of the optional fields names instead. */
export interface Inspection {
  /** Empty for every system there is, which only `schedules` may ask for. */
  system: string;
  /** Read this run's report instead. */
  report: RunRef | null;
  /** Read the catalogue of its backups instead. */
  backups?: true;
  /** Read which schedules it asks for instead; of all systems when `system` is empty. */
  schedules?: true;
  /** Work out whether it is recoverable instead. */
  recovery?: true;
  /** Look how the runbooks on its schedule stand instead. */
  scheduled?: true;
  /** List its runbooks of steps instead. */
  runbooks?: true;
  /** Say instead whether an operation could be started that is asked for like this. */
  start?: StartAsked;
  /** Say what a person would type instead of an operation that is asked for like this. */
  commands?: StartAsked;
  /** Read instead what was kept of an incident, by its id. */
  incident?: string;
  /** Read what the processes of a service said instead, since a position. */
  logs?: LogsAsked;
  /** Compare what is deployed of a service with the system file instead. */
  diff?: { service: string };
  /** Say instead whether a change window is open: now, or at a time as in ISO 8601. */
  windows?: { at: string | null };
}

export interface LogsAsked {
  service: string;
  /** Where an earlier answer ended; `null` for the last of it. */
  position: Record<string, number> | null;
}

/** An operation that nobody has started yet. */
export interface StartAsked {
  /** Workflow type; empty for the deploy that the system file chooses. */
  type: string;
  /** The request of the operation, not checked yet. */
  request: Record<string, unknown>;
}

const INSTEAD = ['backups', 'schedules', 'recovery', 'scheduled', 'runbooks'] as const;
const STARTS = ['start', 'commands'] as const;
const ASKED = [...STARTS, 'logs', 'diff', 'windows', 'incident'] as const;
const FIELDS: readonly string[] = ['system', 'report', ...ASKED, ...INSTEAD];
const EXAMPLE = 'send one JSON object, for example {"system":"shop"}';

/** Throws a `Failure` BadInput with every problem. */
export function parseInspection(raw: unknown): Inspection {
  if (!isRecord(raw))
    throw bad(`inspectSystem needs one JSON object, not ${describeValue(raw)}; ${EXAMPLE}`);
  const failure = badInput('inspectSystem', problemsOf(raw), EXAMPLE);
  if (failure !== null) throw failure;
  const asked = { system: systemAsked(raw), report: reportRef(raw['report']) };
  const start = STARTS.find((field) => raw[field] !== undefined);
  if (start !== undefined) return { ...asked, [start]: startAsked(start, raw[start]) };
  if (raw['logs'] !== undefined) return { ...asked, logs: logsAsked(raw['logs']) };
  if (raw['incident'] !== undefined) return { ...asked, incident: incidentAsked(raw['incident']) };
  if (raw['diff'] !== undefined)
    return { ...asked, diff: { service: serviceAsked('diff', raw['diff']) } };
  if (raw['windows'] !== undefined) return { ...asked, windows: windowsAsked(raw['windows']) };
  const other = INSTEAD.find((field) => isAsked(field, raw[field]));
  return other === undefined ? asked : { ...asked, [other]: true };
}

/** Everything that is wrong with a question, each as a sentence that goes on after `inspectSystem: `. */
function problemsOf(raw: Record<string, unknown>): string[] {
  const unknown = Object.keys(raw)
    .filter((field) => !FIELDS.includes(field))
    .map((field) => noSuchField(field, FIELDS));
  const wrong = [
    () => systemAsked(raw),
    () => reportRef(raw['report']),
    ...STARTS.map((field) => () => raw[field] === undefined || startAsked(field, raw[field])),
    () => raw['logs'] === undefined || logsAsked(raw['logs']),
    () => raw['incident'] === undefined || incidentAsked(raw['incident']),
    () => raw['diff'] === undefined || serviceAsked('diff', raw['diff']),
    () => raw['windows'] === undefined || windowsAsked(raw['windows']),
    ...INSTEAD.map((field) => () => isAsked(field, raw[field])),
  ].flatMap((check) => problemOf(check) ?? []);
  const instead = INSTEAD.filter((field) => raw[field] === true);
  const others = ['report', ...ASKED].filter((field) => raw[field] != null);
  const many = [...others, ...instead];
  return [
    ...unknown,
    ...wrong,
    ...(many.length > 1 ? [`looks at one thing at a time, and ${many.join(', ')} were sent`] : []),
  ];
}

function problemOf(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.message.replace(/^inspectSystem: /, '').replace(`; ${EXAMPLE}`, '');
  }
}

/** The system of `{system}`, for workflows that take nothing else. Throws a `Failure` BadInput with a sentence. */
export function parseSystemOnly(type: string, raw: unknown): string {
  if (!isRecord(raw))
    throw bad(`${type} needs one JSON object, not ${describeValue(raw)}; ${EXAMPLE}`);
  const unknown = Object.keys(raw).find((field) => field !== 'system');
  if (unknown !== undefined) {
    throw bad(`${type} ${noSuchField(unknown, ['system'])}`);
  }
  return systemIn(type, raw['system']);
}

/** The system that is asked about; empty when the schedules of all systems are. */
function systemAsked({ system, schedules }: Record<string, unknown>): string {
  if (system === undefined && schedules === true) return '';
  return systemIn('inspectSystem', system);
}

function systemIn(type: string, system: unknown): string {
  if (typeof system === 'string' && NAME.test(system)) return system;
  throw bad(
    `${type}: system is ${describeValue(system)}, allowed: the name of a system; ${EXAMPLE}`,
  );
}

function isAsked(field: string, value: unknown): boolean {
  if (value === undefined || value === false) return false;
  if (value === true) return true;
  throw bad(`inspectSystem: ${field} is ${describeValue(value)}, allowed: true or false`);
}

function reportRef(report: unknown): Inspection['report'] {
  if (report === undefined || report === null) return null;
  if (isRecord(report) && isId(report['workflowId']) && isId(report['runId'])) {
    return { workflowId: report['workflowId'], runId: report['runId'] };
  }
  throw bad(
    `inspectSystem: report is ${describeValue(report)}, allowed: {"workflowId":"…","runId":"…"}`,
  );
}

function logsAsked(logs: unknown): LogsAsked {
  const position = isRecord(logs) ? (logs['position'] ?? null) : null;
  return { service: serviceAsked('logs', logs), position: positionIn(position) };
}

function positionIn(position: unknown): LogsAsked['position'] {
  if (!isRecord(position)) return null;
  const known = Object.entries(position).flatMap(([name, at]): [string, number][] =>
    typeof at === 'number' && at >= 0 ? [[name, at]] : [],
  );
  return Object.fromEntries(known);
}

function serviceAsked(field: 'logs' | 'diff', value: unknown): string {
  const service = isRecord(value) ? value['service'] : undefined;
  if (typeof service === 'string' && NAME.test(service)) return service;
  throw bad(
    `inspectSystem: ${field} is ${describeValue(value)}, allowed: {"service":"the name of a service"}`,
  );
}

function windowsAsked(windows: unknown): { at: string | null } {
  const at = isRecord(windows) ? (windows['at'] ?? null) : undefined;
  if (at === null || (typeof at === 'string' && isMoment(at))) return { at };
  throw bad(
    `inspectSystem: windows is ${describeValue(windows)}, allowed: {} or {"at":"…"} with ${MOMENT_ALLOWED}`,
  );
}

function incidentAsked(id: unknown): string {
  if (typeof id === 'string' && NAME.test(id)) return id;
  throw bad(
    `inspectSystem: incident is ${describeValue(id)}, allowed: the id of an incident of the system`,
  );
}

function startAsked(field: string, start: unknown): StartAsked {
  if (isRecord(start) && typeof start['type'] === 'string' && isRecord(start['request'])) {
    return { type: start['type'], request: start['request'] };
  }
  throw bad(
    `inspectSystem: ${field} is ${describeValue(start)}, allowed: {"type":"canaryDeploy","request":{"system":"shop","service":"api","version":"v2"}}`,
  );
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 1000;
}

function bad(message: string): Failure {
  return new Failure('BadInput', message);
}
