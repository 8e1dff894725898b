// What `inspectSystem` may be asked, checked by hand: its input comes from outside.
import { describeValue } from './describe-value.ts';
import { Failure } from './failure.ts';
import { isRecord } from './json.ts';
import { NAME } from './names.ts';

export interface Inspection {
  /** Empty for every system there is, which only `schedules` may ask for. */
  system: string;
  report: { workflowId: string; runId: string } | null;
  /** Read the catalogue of its backups instead. */
  backups?: true;
  /** Read which schedules system files ask for instead. */
  schedules?: true;
  /** Work out whether it is recoverable instead. */
  recovery?: true;
}

const INSTEAD = ['backups', 'schedules', 'recovery'] as const;
const FIELDS: readonly string[] = ['system', 'report', ...INSTEAD];
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
  const asked = { system: systemAsked(raw), report: reportRef(raw['report']) };
  const [other, second] = INSTEAD.filter((field) => isAsked(field, raw[field]));
  if (other === undefined) return asked;
  if (asked.report === null && second === undefined) return { ...asked, [other]: true };
  throw bad(`inspectSystem looks at one thing at a time; send report, ${INSTEAD.join(' or ')}`);
}

/** The system of `{system}`, for workflows that take nothing else. Throws a `Failure` BadInput with a sentence. */
export function parseSystemOnly(type: string, raw: unknown): string {
  if (!isRecord(raw))
    throw bad(`${type} needs one JSON object, not ${describeValue(raw)}; ${EXAMPLE}`);
  const unknown = Object.keys(raw).find((field) => field !== 'system');
  if (unknown !== undefined) {
    throw bad(`${type} has no field ${describeValue(unknown)}; it takes system`);
  }
  return systemIn(type, raw['system']);
}

/** Of the schedules of all systems it is empty. */
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

function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 1000;
}

function bad(message: string): Failure {
  return new Failure('BadInput', message);
}
