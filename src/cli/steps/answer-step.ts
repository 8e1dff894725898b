// `fairlead tick` and `fairlead choose`: the answers to what a step of a runbook asks a person for.
import type { Command } from 'commander';
import { OPERATION_ARGUMENT, withCommon } from '../command-options.ts';
import type { MessageOptions } from '../operation/send.ts';

interface StepOptions extends Omit<MessageOptions, 'reason'> {
  note?: string;
}

export function register(program: Command): void {
  const tick = program
    .command('tick')
    .argument('<operation>', OPERATION_ARGUMENT)
    .argument('<step>', 'the step that waits for it')
    .description('say that what a step asked somebody to do is done');
  withNote(tick, ['tick run/shop/high-error-rate told --note "in #ops"']).action(
    async (operation: string, step: string, options: StepOptions) => {
      const { sendMessage } = await import('../operation/send.ts');
      const { note, ...rest } = options;
      await sendMessage('tick', operation, rest, (actor) => ({ actor, step, note }));
    },
  );
  const choose = program
    .command('choose')
    .argument('<operation>', OPERATION_ARGUMENT)
    .argument('<step>', 'the step that asks')
    .argument('<option>', 'one of its options')
    .description('say which way a runbook goes on');
  withNote(choose, ['choose run/shop/high-error-rate way deploy']).action(
    async (operation: string, step: string, option: string, options: StepOptions) => {
      const { sendMessage } = await import('../operation/send.ts');
      const { note, ...rest } = options;
      await sendMessage('choose', operation, rest, (actor) => ({ actor, step, option, note }));
    },
  );
}

function withNote(command: Command, examples: readonly string[]): Command {
  return withCommon(command, examples)
    .option('--note <text>', 'what is worth knowing of it, for the record')
    .option('--run <runId>', 'another run than the newest');
}
