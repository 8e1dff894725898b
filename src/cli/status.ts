// `fairlead status [SYSTEM|OPERATION]`: a system as a worker sees it now, or one run of an operation.
import type { Command } from 'commander';
import type { OperationStatus } from '../domain/status.ts';
import { OPERATION_ARGUMENT, withCommon, type CommonOptions } from './command-options.ts';
import type { Temporal } from './connect.ts';
import type { FoundRun } from './find-operation.ts';

interface StatusOptions extends CommonOptions {
  run?: string;
}

const ANSWER_MS = 5_000;

export function register(program: Command): void {
  const command = program
    .command('status')
    .argument('[what]', `a system, or ${OPERATION_ARGUMENT}`)
    .description('show a SYSTEM, an OPERATION, or what is open')
    .option('--run <runId>', 'another run of the operation than the newest');
  withCommon(command, ['status', 'status shop --json', 'status deploy/shop/api/v2']).action(
    async (what: string | undefined, options: StatusOptions) => {
      if (what === undefined) {
        const { list } = await import('./list.ts');
        await list({ ...options, open: true });
      } else {
        await show(what, options);
      }
    },
  );
}

async function show(what: string, options: StatusOptions): Promise<void> {
  const { withTemporal } = await import('./connect.ts');
  const { actorName } = await import('./identity.ts');
  const { looksLikeOperation, operationName, systemName } = await import('./ids.ts');
  const operation = looksLikeOperation(what);
  if (operation) operationName(what);
  else systemName(what);
  await withTemporal(actorName(options.as), async (temporal) => {
    const { findOperation, lookUp } = await import('./find-operation.ts');
    const run = operation
      ? await findOperation(temporal, what, options.run)
      : // Somebody may have started it in the Web UI under an id that looks like a system's name.
        await lookUp(temporal, what, options.run);
    if (run === undefined) await showSystem(temporal, what, options);
    else await showOperation(temporal, run, options);
  });
}

async function showOperation(
  temporal: Temporal,
  run: FoundRun,
  options: StatusOptions,
): Promise<void> {
  const { printJson, printText } = await import('./print.ts');
  const { statusLines } = await import('./view.ts');
  const status = await statusOf(temporal, run);
  if (options.json === true) printJson(status);
  else printText(statusLines(status).join('\n'));
}

/** A terminated run never set how it ended: Temporal knows better than a replay of its history. */
async function statusOf(temporal: Temporal, run: FoundRun): Promise<OperationStatus> {
  const { askStatus, staleStatus } = await import('./ask-status.ts');
  const known = staleStatus(run.info);
  const answer = await askStatus(temporal, run, ANSWER_MS);
  if (answer.from === 'nobody') return known;
  if (run.open || answer.status.state === 'closed') return answer.status;
  const { outcome } = known;
  return {
    ...answer.status,
    state: 'closed',
    gates: [],
    ...(outcome !== undefined && { outcome }),
  };
}

async function showSystem(
  temporal: Temporal,
  system: string,
  options: StatusOptions,
): Promise<void> {
  const { askSystem, systemLines } = await import('./system-status.ts');
  const { printJson, printText } = await import('./print.ts');
  const status = await askSystem(temporal, system);
  if (options.json === true) printJson(status);
  else printText(systemLines(status).join('\n'));
}
