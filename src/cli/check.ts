// `fairlead check [SYSTEM]`: every mistake in the system files, without Temporal or a worker. It is the
// one verb that reads the systems folder itself.
import type { Command } from 'commander';
import { withCommon } from './command-options.ts';
import type { CommonOptions } from './command-options.ts';

export function register(program: Command): void {
  const command = program
    .command('check')
    .argument('[system]', 'the name of its folder (default: every one there is)')
    .description('name every mistake in the system files, with file and line');
  const examples = ['check', 'check commercial-view', 'check --systems ./systems --json'];
  const systems = 'the folder of system files to read (FAIRLEAD_SYSTEMS, default systems)';
  withCommon(command, examples, systems).action(
    async (system: string | undefined, options: CommonOptions) => {
      const { check } = await import('./check-systems.ts');
      await check(options.systems ?? process.env['FAIRLEAD_SYSTEMS'] ?? 'systems', system, options);
    },
  );
}
