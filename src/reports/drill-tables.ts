// The tables that the report of a drill has beside those of every operation, and so has that of a verification that
// starts the service, as plain rows: Markdown and HTML show the same. Every verdict stands in one of
// them; what was planned and has none is told as not run.
import { WARMED } from '../domain/recovery/derived.ts';
import type { Report } from '../domain/record/report.ts';
import type { StepFinding } from '../domain/analysis/finding.ts';
import type { Rung } from '../domain/backup/rungs.ts';
import { isDrill } from './wording.ts';
import { countOf, sizeOf } from '../domain/text/amounts.ts';

export interface DrillTable {
  id: string;
  title: string;
  columns: string[];
  rows: string[][];
  /** The column that has a verdict. */
  verdictAt?: number;
  /** What a row is, of a table that is folded on a page unless something in it did not pass. */
  folds?: string;
}

const CHECKED = ['step', 'check', 'expected', 'got', 'verdict', 'why'];
const VERDICT_AT = 4;
const NOT_RUN = 'not run';

/** What a rung expects, where its own numbers do not say it. */
const EXPECTED: Record<Rung, string> = {
  artefact: 'every object with its checksum',
  loads: 'restored without an error',
  complete: 'counts and structure of the manifest',
  correct: 'the hashes of the manifest',
  pointInTime: 'within the RPO',
  invariants: 'every query as declared',
  usable: 'started, and every golden query answered',
};

/** What stands in the headline and in the message already. */
const CONCLUSIONS: readonly string[] = ['drill', 'backup'];

/** The tables of an operation that starts a service on copies; none for any other operation. */
export function drillTables(report: Report): DrillTable[] {
  if (!startsOnCopies(report)) return [];
  const of = (names: readonly string[]): StepFinding[] =>
    report.verdicts.filter(({ name }) => names.some((one) => name.startsWith(one)));
  const measured = of(['rpo ', 'rto']);
  const isolation = of(['isolation', 'isolate', 'fence']);
  const production = of(['production', 'clean-up', 'inventory']);
  const told = new Set([...measured, ...isolation, ...production]);
  const others = report.verdicts.filter((one) => !told.has(one) && !CONCLUSIONS.includes(one.name));
  return [
    { ...checked('verification', 'Verification', others, notRun(report)), folds: 'check' },
    checked('measured-times', 'RPO and RTO', measured, []),
    backupsTable(report),
    { ...checked('isolation', 'Isolation', isolation, []), folds: 'check' },
    { ...checked('clean-up', 'Clean-up and production', production, []), folds: 'check' },
    differsTable(report),
  ].filter(({ rows }) => rows.length > 0);
}

/** A drill, or a verification with the rung `usable`: all verdicts stand in the tables made here. */
export function startsOnCopies(report: Pick<Report, 'kind' | 'operation' | 'plan'>): boolean {
  return (
    isDrill(report) || (report.plan?.steps ?? []).some(({ action }) => action.kind === 'usable')
  );
}

function checked(
  id: string,
  title: string,
  findings: readonly StepFinding[],
  more: string[][],
): DrillTable {
  const rows = findings.map(({ step, name, verdict, reason, expected, got }) =>
    // What a rung found is its reason.
    expected === undefined && got === undefined
      ? [step, name, expectedOf(name), reason, verdict, '']
      : [step, name, expected ?? '', got ?? '', verdict, reason],
  );
  return { id, title, columns: CHECKED, rows: [...rows, ...more], verdictAt: VERDICT_AT };
}

function expectedOf(name: string): string {
  return Object.entries(EXPECTED).find(([rung]) => rung === name)?.[1] ?? '';
}

/** Rungs, services and golden queries whose turn did not come. */
function notRun({ plan, verdicts }: Report): string[][] {
  return (plan?.steps ?? []).flatMap(({ id, action }) => {
    const missing = (name: string, expected: string): string[][] =>
      verdicts.some((one) => one.step === id && one.name === name)
        ? []
        : [[id, name, expected, '', NOT_RUN, '']];
    switch (action.kind) {
      case 'rung':
        return missing(action.rung, EXPECTED[action.rung]);
      case 'start':
        return missing(id, `${action.program.health.path} answers`);
      case 'warm':
        return missing(`warm ${action.datastore}`, WARMED);
      case 'usable':
        return action.golden.flatMap(({ name, status }) =>
          missing(`golden ${name}`, String(status)),
        );
      default:
        return [];
    }
  });
}

/** What is restored, and what is flushed. */
function backupsTable({ backups = [], plan }: Report): DrillTable {
  const rows = backups.map((one) => [
    one.id,
    one.source,
    one.endedAt,
    `${one.recoveryPoint.notBefore} to ${one.recoveryPoint.notAfter} (clock of the ${one.recoveryPoint.clock})`,
    `${sizeOf(one.bytes)}, ${countOf(one.parts, 'part')}, ${countOf(one.rows, 'row')}${one.encrypted ? ', encrypted' : ''}`,
    one.verifiedAt ?? 'never before',
  ]);
  const flushed = (plan?.steps ?? []).flatMap(({ action }) =>
    action.kind === 'empty'
      ? [[`none of ${action.datastore}`, '', '', '', 'flushed: derived, started empty', '']]
      : [],
  );
  const columns = ['backup', 'taken from', 'taken at', 'recovery point', 'holds', 'verified'];
  return { id: 'recovered-from', title: 'Recovered from', columns, rows: [...rows, ...flushed] };
}

function differsTable({ plan }: Report): DrillTable {
  const rows = (plan?.steps ?? []).flatMap(({ id, title, differs }) =>
    differs === undefined ? [] : [[id, title, differs]],
  );
  const columns = ['step', 'in this drill', 'otherwise'];
  return { id: 'differs', title: 'What a recovery does otherwise', columns, rows, folds: 'step' };
}
