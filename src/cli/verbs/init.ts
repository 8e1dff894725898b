// `fairlead init [SYSTEM]`: a first system file, from what lies in the folder, a few questions, or flags.
import type { Command } from 'commander';
import { withExamples } from '../command-options.ts';
import { wholeNumber } from '../flags.ts';
import type { InitFlags } from '../init/init.ts';

export function register(program: Command): void {
  const command = program
    .command('init')
    .argument('[system]', 'the name of its folder (default: that of this folder)')
    .description('write a system file to begin with; asks where a terminal is there')
    .option('--service <name>', 'the name of its service (web)')
    .option(
      '--command <text>',
      'what starts it, {version} for the version (default: what is found)',
    )
    .option(
      '--port <n>',
      'where users come (default: the first from 8000 on)',
      wholeNumber(1, 65_535),
    )
    .option('--health <path>', 'the path that tells that it can answer (default: what is found)')
    .option('--replicas <n>', 'processes of a version (2)', wholeNumber(1, 64))
    .option('--data <dir>', 'a folder in that of the system, to back up; none for none')
    .option(
      '--datastore <kind>',
      'what keeps its data: files, firestore, mongodb, postgres or redis; with backups and a drill of it',
    )
    .option('--approval', 'a person is asked before more users get a new version (default)')
    .option('--no-approval', 'nobody is asked')
    .option('--yes', 'ask nothing: flags, and what is found')
    .option('--json', 'print the result as one JSON object on stdout; asks nothing')
    .option('--systems <dir>', 'the folder of system files (FAIRLEAD_SYSTEMS, default systems)')
    .allowExcessArguments(false);
  const examples = [
    'init',
    'init shop',
    'init shop --datastore mongodb',
    "init shop --command 'python3 {version}.py' --health /up --yes",
  ];
  withExamples(command, examples).action(
    async (system: string | undefined, options: InitFlags & { systems?: string }) => {
      const { init } = await import('../init/init.ts');
      const folder = options.systems ?? (process.env['FAIRLEAD_SYSTEMS'] || 'systems');
      await init(folder, system, options);
    },
  );
}
