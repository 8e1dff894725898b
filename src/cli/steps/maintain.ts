// `fairlead maintain`: a maintenance window, in which a runbook of steps is carried out while users are kept out.
import type { Command } from 'commander';
import { withCommon, withWaiting, type WaitOptions } from '../command-options.ts';
import { EXIT, ExitError } from '../exit.ts';

interface MaintainOptions extends WaitOptions {
  work: string;
  window?: string;
  now?: boolean;
  lasts?: string;
  input?: string[];
}

export function register(program: Command): void {
  const maintain = program
    .command('maintain')
    .argument('<system>', 'a system, for example shop')
    .requiredOption('--work <runbook>', 'the runbook of steps that is the work')
    .option('--window <name>', 'wait for this window of the section maintenance')
    .option('--now', 'open a window at once (with --reason)')
    .option('--lasts <duration>', 'with --now: how long it lasts (default: 1h)')
    .option(
      '--input <name=value>',
      'what the runbook is given; once for each input',
      (value: string, before: string[] | undefined) => [...(before ?? []), value],
    )
    .summary('take a SYSTEM down for work, with a backup to go back to')
    .description(
      'tell people, keep users out, take a backup to go back to, carry out the work, check it, let users in again',
    );
  const examples = [
    'maintain shop --window monthly --work move-tables',
    'maintain shop --now --reason "the disk fills" --work move-tables --dry-run',
  ];
  withWaiting(withCommon(maintain, examples)).action(
    async (text: string, options: MaintainOptions) => {
      const { systemName } = await import('../ids.ts');
      const { durationFlag } = await import('../flags.ts');
      const { inputsIn } = await import('./runbook-text.ts');
      const { startOperation } = await import('../operation/start.ts');
      const { maintain: runbook } = await import('../../runbooks/maintain.ts');
      refuseUnclear(options);
      const { window, work } = options;
      const lasts =
        options.lasts === undefined ? undefined : durationFlag('--lasts', options.lasts);
      const inputs = inputsIn(options.input ?? []);
      const asked = { system: systemName(text), runbook: work, window, lasts, inputs };
      await startOperation(runbook, asked, options);
    },
  );
}

/** Throws ExitError (2). */
function refuseUnclear({ window, now, reason, lasts }: MaintainOptions): void {
  if ((window === undefined) === (now !== true)) {
    throw new ExitError(EXIT.badInput, 'maintain needs --window NAME or --now, one of them');
  }
  if (now === true && (reason === undefined || reason.trim() === '')) {
    throw new ExitError(EXIT.badInput, '--now needs --reason WHY: users were told nothing before');
  }
  if (window !== undefined && lasts !== undefined) {
    throw new ExitError(EXIT.badInput, '--lasts is for --now: the window says how long it lasts');
  }
}
