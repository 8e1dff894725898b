// `fairlead promote`, `pause`, `resume`, `abort`, `hand-over` and `take`: steering an operation while it runs, and who does.
import type { Command } from 'commander';
import type { MessageName } from '../../workflows/messages.ts';
import { OPERATION_ARGUMENT, withCommon } from '../command-options.ts';
import type { MessageOptions } from '../operation/send.ts';

interface SteerOptions extends MessageOptions {
  to?: string;
  full?: boolean;
  keep?: boolean;
}

export function register(program: Command): void {
  verb(program, 'promote', 'end the present bake early', ['promote deploy/shop/api/v2 --full'])
    .option('--full', 'go straight to 100, where the system file allows it')
    .action(async (operation: string, options: SteerOptions) => {
      await steer('promote', operation, options, { full: options.full });
    });
  verb(program, 'pause', 'hold before the next step', [
    'pause deploy/shop/api/v2 --reason "looking at the dashboards"',
  ]).action(async (operation: string, options: SteerOptions) => {
    await steer('pause', operation, options, {});
  });
  verb(program, 'resume', 'go on after a pause', ['resume deploy/shop/api/v2']).action(
    async (operation: string, options: SteerOptions) => {
      await steer('resume', operation, options, {});
    },
  );
  verb(program, 'abort', 'stop, and undo what was done', [
    'abort deploy/shop/api/v2 --reason "wrong version"',
    'abort deploy/shop/api/v2 --keep',
  ])
    .option('--keep', 'stop and leave everything as it is')
    .action(async (operation: string, options: SteerOptions) => {
      await steer('abort', operation, options, { keep: options.keep });
    });
  verb(program, 'hand-over', 'hand an operation over to somebody else, who takes it', [
    'hand-over recover/shop --to bob --reason "end of shift"',
  ])
    .requiredOption('--to <name>', 'who takes it')
    .action(async (operation: string, options: SteerOptions) => {
      await steer('handOver', operation, options, { to: options.to });
    });
  verb(program, 'take', 'take an operation that was handed over to you', [
    'take recover/shop --as bob',
  ]).action(async (operation: string, options: SteerOptions) => {
    await steer('take', operation, options, {});
  });
}

function verb(
  program: Command,
  name: string,
  description: string,
  examples: readonly string[],
): Command {
  const command = program
    .command(name)
    .argument('<operation>', OPERATION_ARGUMENT)
    .description(description);
  return withCommon(command, examples)
    .option('--reason <text>', 'why, for the record')
    .option('--run <runId>', 'another run than the newest');
}

async function steer(
  name: MessageName,
  operation: string,
  options: SteerOptions,
  extra: Record<string, unknown>,
): Promise<void> {
  const { sendMessage } = await import('../operation/send.ts');
  await sendMessage(name, operation, options, (actor) => ({ actor, ...extra }));
}
