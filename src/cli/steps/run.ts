// `fairlead run` and `fairlead runbooks`: runbooks of steps, which lie beside a system's file.
import type { Command } from 'commander';
import {
  windowFields,
  withCommon,
  withHotfix,
  withLooking,
  withWaiting,
  type CommonOptions,
  type WaitOptions,
  type WindowOptions,
} from '../command-options.ts';

interface RunOptions extends WaitOptions, Pick<WindowOptions, 'hotfix'> {
  input?: string[];
  dryRun?: boolean;
}

const RUNBOOK_ARGUMENT = 'SYSTEM/RUNBOOK, for example shop/high-error-rate';

export function register(program: Command): void {
  const run = program
    .command('run')
    .argument('<runbook>', RUNBOOK_ARGUMENT)
    .option(
      '--input <name=value>',
      'what the runbook is given; once for each input',
      (value: string, before: string[] | undefined) => [...(before ?? []), value],
    )
    .description('carry out a runbook of steps: systems/SYSTEM/runbooks/RUNBOOK.yaml');
  const examples = [
    'run shop/high-error-rate',
    'run shop/high-error-rate --input replicas=10 --dry-run',
  ];
  withHotfix(withWaiting(withCommon(run, examples))).action(
    async (text: string, options: RunOptions) => {
      const { runbookTarget, inputsIn } = await import('./runbook-text.ts');
      const { startOperation } = await import('../operation/start.ts');
      const { runbookOfSteps } = await import('../../runbooks/steps.ts');
      const inputs = inputsIn(options.input ?? []);
      const { dryRun } = options;
      const asked = { ...runbookTarget(text), inputs, dryRun, ...(await windowFields(options)) };
      await startOperation(runbookOfSteps, asked, options);
    },
  );
  const runbooks = program
    .command('runbooks')
    .argument('<system>', 'a system, for example shop')
    .description('show the runbooks of steps of a SYSTEM, and what each is given');
  withLooking(runbooks, ['runbooks shop', 'runbooks shop --json']).action(show);
}

async function show(text: string, options: CommonOptions): Promise<void> {
  const { systemName } = await import('../ids.ts');
  const { withTemporal } = await import('../temporal/connect.ts');
  const { actorName } = await import('../identity.ts');
  const { inspect } = await import('../temporal/inspect.ts');
  const { printJson, printText } = await import('../output/print.ts');
  const { runbookLines } = await import('./runbook-text.ts');
  const system = systemName(text);
  await withTemporal(actorName(options.as), async (temporal) => {
    const answer = await inspect(temporal, { system, runbooks: true });
    if (options.json === true) printJson(answer);
    else printText(runbookLines(system, answer).join('\n'));
  });
}
