// `fairlead retry`, `skip` and `adopt`: the answers to a step that is parked.
import type { Command } from 'commander';
import type { MessageName } from '../../workflows/messages.ts';
import { OPERATION_ARGUMENT, withCommon } from '../command-options.ts';
import type { MessageOptions } from '../operation/send.ts';

interface ParkedOptions extends MessageOptions {
  step?: string;
}

export function register(program: Command): void {
  verb(program, 'retry', 'retryStep', 'do the parked step again');
  verb(program, 'skip', 'skipStep', 'go on without the parked step; lowers the verdict');
  verb(program, 'adopt', 'adopt', 'take the world as it is now, and go on from there');
}

function verb(program: Command, name: string, message: MessageName, description: string): void {
  const command = program
    .command(name)
    .argument('<operation>', OPERATION_ARGUMENT)
    .description(description);
  const examples = [
    `${name} deploy/shop/api/v2`,
    `${name} deploy/shop/api/v2 --step weight-25 --reason "checked by hand"`,
  ];
  withCommon(command, examples)
    .option('--step <step>', 'which step (default: the one that is parked)')
    .option('--reason <text>', 'why, for the record')
    .option('--run <runId>', 'another run than the newest')
    .action(async (operation: string, options: ParkedOptions) => {
      const { sendMessage } = await import('../operation/send.ts');
      await sendMessage(message, operation, options, (actor, status) => ({
        actor,
        step: options.step ?? (status?.state === 'parked' ? status.step : undefined),
      }));
    });
}
