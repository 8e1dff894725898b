// `fairlead list`: the operations Temporal knows of, newest first. Needs no worker, except for what waits for whom.
import type { Command } from 'commander';
import { oneLine, spanBetween } from '../domain/markdown.ts';
import type { OperationStatus } from '../domain/status.ts';
import { withCommon, type CommonOptions } from './command-options.ts';
import type { WaitsFor } from './waits-for.ts';

interface ListOptions extends CommonOptions {
  open?: boolean;
}

export interface Row {
  operation: string;
  runId: string;
  workflowId: string;
  kind: string;
  system: string;
  state: OperationStatus['state'];
  outcome: string | null;
  startedAt: string;
  endedAt: string | null;
  /** `null` also when no worker answered. */
  waitsFor: WaitsFor | null;
}

const MOST = 500;
const LONGEST = 100;

export function register(program: Command): void {
  const command = program
    .command('list')
    .description('list operations, newest first')
    .option('--open', 'only those that are not over');
  withCommon(command, ['list', 'list --open --json']).action(async (options: ListOptions) => {
    await list(options);
  });
}

export async function list(options: ListOptions): Promise<void> {
  const { withTemporal } = await import('./connect.ts');
  const { actorName } = await import('./identity.ts');
  const { columns, printJson, printText, progress } = await import('./print.ts');
  await withTemporal(actorName(options.as), async (temporal) => {
    const { rows, unanswered } = await withWaits(
      temporal,
      await readRows(temporal, options.open === true),
    );
    if (unanswered > 0) {
      const whose = unanswered === 1 ? 'one operation waits' : `${unanswered} operations wait`;
      progress(`no worker answered in time what ${whose} for`);
    }
    if (options.json === true) {
      printJson({ operations: rows });
      return;
    }
    if (rows.length === 0) {
      printText(options.open === true ? 'no operation is open' : 'no operation was ever started');
      return;
    }
    const now = new Date().toISOString();
    const cells = rows.map((row) => [
      row.operation,
      row.state,
      row.outcome ?? '',
      row.startedAt,
      row.runId,
      waitsCell(row.waitsFor, now),
    ]);
    const head = ['OPERATION', 'STATE', 'OUTCOME', 'STARTED', 'RUN', 'WAITS FOR'];
    printText(columns([head, ...cells]).join('\n'));
  });
}

async function withWaits(
  temporal: import('./connect.ts').Temporal,
  rows: readonly Row[],
): Promise<{ rows: Row[]; unanswered: number }> {
  const { askWaits } = await import('./waits-for.ts');
  const { found, unanswered } = await askWaits(temporal, rows);
  const full = rows.map((row) => ({ ...row, waitsFor: found.get(row.runId) ?? null }));
  return { rows: full, unanswered };
}

/** `approval promote 0/1 at weight-50 from ana, bob for 3 m 20 s`; the command is in `status`. */
export function waitsCell(waits: WaitsFor | null, now: string): string {
  if (waits === null) return '';
  const { gate, what, who, since } = waits;
  const where = gate === undefined ? '' : ` at ${gate} from ${who.join(', ')}`;
  const took = spanBetween(since, now);
  const long = oneLine(what);
  const short = long.length > LONGEST ? `${long.slice(0, LONGEST)}…` : long;
  return `${short}${where}${took === '' ? '' : ` for ${took}`}`;
}

async function readRows(temporal: import('./connect.ts').Temporal, open: boolean): Promise<Row[]> {
  const { take } = await import('./find-operation.ts');
  const { ANY_OPERATION } = await import('../workflows/messages.ts');
  const { staleStatus } = await import('./ask-status.ts');
  const only = open ? ' AND ExecutionStatus = "Running"' : '';
  const found = await take(temporal, `${ANY_OPERATION}${only}`, MOST);
  return found
    .toSorted((a, b) => b.startTime.getTime() - a.startTime.getTime())
    .map((info) => {
      const status = staleStatus(info);
      return {
        operation: status.operation,
        runId: info.runId,
        workflowId: info.workflowId,
        kind: status.kind,
        system: status.system,
        state: status.state,
        outcome: status.outcome ?? null,
        startedAt: info.startTime.toISOString(),
        endedAt: info.closeTime?.toISOString() ?? null,
        waitsFor: null,
      };
    });
}
