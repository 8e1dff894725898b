// `fairlead rollback SYSTEM/SERVICE`.
import type { Command } from 'commander';
import { SERVICE_ARGUMENT, withCommon, withWaiting, type WaitOptions } from '../command-options.ts';

interface RollbackOptions extends WaitOptions {
  to?: string;
  revision?: string;
}

export function register(program: Command): void {
  const command = program
    .command('rollback')
    .argument('<target>', SERVICE_ARGUMENT)
    .description('send all users of SYSTEM/SERVICE back, at once; asks nobody')
    .option('--to <version>', 'to this version (default: the one that served before)')
    .option('--revision <id>', 'to exactly this revision');
  withWaiting(
    withCommon(command, [
      'rollback shop/api',
      'rollback shop/api --to v1 --reason "v2 loses orders"',
    ]),
  ).action(async (text: string, options: RollbackOptions) => {
    const { serviceTarget } = await import('../ids.ts');
    const { startOperation } = await import('../operation/start.ts');
    const { rollback } = await import('../../runbooks/rollback.ts');
    const { to, revision } = options;
    await startOperation(rollback, { ...serviceTarget(text), to, revision }, options);
  });
}
