// What `inspectSystem` may be asked, checked by hand: its input comes from outside.
import { describeValue } from './describe-value.ts';
import { Failure } from './failure.ts';
import { isRecord } from './json.ts';
import { NAME } from './names.ts';

export interface Inspection {
  system: string;
  report: { workflowId: string; runId: string } | null;
  /** Read the catalogue of its backups instead. */
  backups?: true;
  /** Work out whether it is recoverable instead. */
  recovery?: true;
}

const FIELDS: readonly string[] = ['system', 'report', 'backups', 'recovery'];
const EXAMPLE = 'send one JSON object, for example {"system":"shop"}';

/** Throws a `Failure` BadInput with a sentence. */
export function parseInspection(raw: unknown): Inspection {
  if (!isRecord(raw))
    throw bad(`inspectSystem needs one JSON object, not ${describeValue(raw)}; ${EXAMPLE}`);
  const unknown = Object.keys(raw).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined) {
    throw bad(
      `inspectSystem has no field ${describeValue(unknown)}; it takes ${FIELDS.join(', ')}`,
    );
  }
  const { report, backups, recovery } = raw;
  const system = systemIn('inspectSystem', raw);
  const asked = { system, report: reportRef(report) };
  const instead = { ...flag('backups', backups), ...flag('recovery', recovery) };
  if (Object.keys(instead).length + (asked.report === null ? 0 : 1) > 1) {
    throw bad('inspectSystem looks at one thing at a time; send report, backups or recovery');
  }
  return { ...asked, ...instead };
}

/** The system of `{system}`, for workflows that take nothing else. Throws a `Failure` BadInput with a sentence. */
export function parseSystemOnly(type: string, raw: unknown): string {
  if (!isRecord(raw)) {
    throw bad(`${type} needs one JSON object, not ${describeValue(raw)}; ${EXAMPLE}`);
  }
  const unknown = Object.keys(raw).find((field) => field !== 'system');
  if (unknown !== undefined) {
    throw bad(`${type} has no field ${describeValue(unknown)}; it takes system`);
  }
  return systemIn(type, raw);
}

function systemIn(type: string, { system }: Record<string, unknown>): string {
  if (typeof system === 'string' && NAME.test(system)) return system;
  throw bad(
    `${type}: system is ${describeValue(system)}, allowed: the name of a system; ${EXAMPLE}`,
  );
}

function flag<Name extends string>(name: Name, value: unknown): Partial<Record<Name, true>> {
  if (value === undefined || value === false) return {};
  if (value !== true) {
    throw bad(`inspectSystem: ${name} is ${describeValue(value)}, allowed: true or false`);
  }
  const set: Partial<Record<Name, true>> = {};
  set[name] = true;
  return set;
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

function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 1000;
}

function bad(message: string): Failure {
  return new Failure('BadInput', message);
}
