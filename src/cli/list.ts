// `fairlead list`: the operations Temporal knows of, newest first. Needs no worker.
import type { Command } from 'commander';
import type { OperationStatus } from '../domain/status.ts';
import { withCommon, type CommonOptions } from './command-options.ts';

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
}

const MOST = 500;

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
  const { columns, printJson, printText } = await import('./print.ts');
  await withTemporal(actorName(options.as), async (temporal) => {
    const rows = await readRows(temporal, options.open === true);
    if (options.json === true) {
      printJson({ operations: rows });
      return;
    }
    if (rows.length === 0) {
      printText(options.open === true ? 'no operation is open' : 'no operation was ever started');
      return;
    }
    const cells = rows.map((row) => [
      row.operation,
      row.state,
      row.outcome ?? '',
      row.startedAt,
      row.runId,
    ]);
    printText(columns([['OPERATION', 'STATE', 'OUTCOME', 'STARTED', 'RUN'], ...cells]).join('\n'));
  });
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
      };
    });
}
