// `fairlead approve` and `fairlead reject`: the answers to a gate.
import type { Command } from 'commander';
import type { GateStatus, OperationStatus } from '../../domain/operation/status.ts';
import { OPERATION_ARGUMENT, withCommon } from '../command-options.ts';
import { EXIT, ExitError } from '../exit.ts';
import type { MessageOptions } from '../operation/send.ts';

interface GateOptions extends MessageOptions {
  gate?: string;
  digest?: string;
  breakGlass?: string;
}

export function register(program: Command): void {
  const approve = program
    .command('approve')
    .argument('<operation>', OPERATION_ARGUMENT)
    .description('say yes to what an operation asks')
    .option(
      '--break-glass <reason>',
      'override the gate; only for those named for it, and an open finding',
    );
  withGate(approve, [
    'approve deploy/shop/api/v2',
    'approve deploy/shop/api/v2 --gate weight-25 --as ana',
    'approve deploy/shop/api/v2 --as ben --break-glass "users cannot pay, v2 repairs it"',
  ]).action(async (operation: string, options: GateOptions) => {
    await answer('approve', operation, options);
  });
  const reject = program
    .command('reject')
    .argument('<operation>', OPERATION_ARGUMENT)
    .description('say no: the operation is undone');
  withGate(reject, ['reject deploy/shop/api/v2 --reason "the error rate of v2 looks odd"']).action(
    async (operation: string, options: GateOptions) => {
      await answer('reject', operation, options);
    },
  );
}

function withGate(command: Command, examples: readonly string[]): Command {
  return withCommon(command, examples)
    .option('--gate <gate>', 'which gate (default: the one that is open)')
    .option('--digest <digest>', 'what exactly is answered (default: what the gate shows now)')
    .option('--reason <text>', 'why, for the record')
    .option('--run <runId>', 'another run than the newest');
}

async function answer(
  name: 'approve' | 'reject',
  operation: string,
  options: GateOptions,
): Promise<void> {
  const { sendMessage } = await import('../operation/send.ts');
  await sendMessage(name, operation, options, (actor, status) => ({
    actor,
    ...whichGate(status, options),
    breakGlass: options.breakGlass,
  }));
}

/** What is answered: as given, else the one open gate as the worker shows it now. A gate that is to open is answered for this run. */
function whichGate(status: OperationStatus | undefined, options: GateOptions) {
  const { gate, digest } = options;
  const open = status?.gates ?? [];
  const meant = gate === undefined ? only(open) : open.find((one) => one.id === gate);
  if (meant !== undefined) return { gate: gate ?? meant.id, digest: digest ?? meant.digest };
  const isEarly = gate !== undefined && digest === undefined;
  return { gate, digest, run: isEarly ? status?.runId : undefined };
}

function only(open: readonly GateStatus[]): GateStatus | undefined {
  if (open.length < 2) return open[0];
  const gates = open.map((one) => one.id).join(', ');
  throw new ExitError(EXIT.badInput, `several gates are open: say which with --gate: ${gates}`);
}
