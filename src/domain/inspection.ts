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
}

const FIELDS: readonly string[] = ['system', 'report', 'backups'];
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
  const { system, report, backups } = raw;
  if (typeof system !== 'string' || !NAME.test(system)) {
    throw bad(
      `inspectSystem: system is ${describeValue(system)}, allowed: the name of a system; ${EXAMPLE}`,
    );
  }
  const asked = { system, report: reportRef(report) };
  if (backups === undefined || backups === false) return asked;
  if (backups === true && asked.report === null) return { ...asked, backups };
  throw bad(
    `inspectSystem: backups is ${describeValue(backups)}, allowed: true, and then no report`,
  );
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
