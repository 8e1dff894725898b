// `fairlead drill`: rehearses a recovery apart from everything live, and says what it came to.
import type { Command } from 'commander';
import { withCommon, withVerbose, withWaiting, type WaitOptions } from '../command-options.ts';

export function register(program: Command): void {
  const drill = program
    .command('drill')
    .argument('<system>', 'a system, for example shop')
    .summary('recover from the newest backups in an isolated target, prove it, clean up')
    .description(
      'restore the newest backups into an isolated target, prove them, start the service on them, clean up',
    );
  const examples = ['drill shop', 'drill shop --dry-run', 'drill shop --json --timeout 2h'];
  withVerbose(withWaiting(withCommon(drill, examples))).action(
    async (text: string, options: WaitOptions) => {
      const { systemName } = await import('../ids.ts');
      const { startOperation } = await import('../operation/start.ts');
      const { drill: runbook } = await import('../../runbooks/drill.ts');
      await startOperation(runbook, { system: systemName(text) }, options);
    },
  );
}
