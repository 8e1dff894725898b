// `fairlead demo`: a canary (or blue-green, or a drill), a killed worker and a bad version in a minute, on free ports.
import { Argument, type Command } from 'commander';
import type { DemonstrationName } from '../demo/demonstration.ts';
import type { DemoResult } from '../demo/run.ts';
import type { Embedded } from '../embedded/up.ts';
import { EXIT, ExitError } from './exit.ts';

interface DemoFlags {
  keep?: boolean;
  json?: boolean;
}

const NAMES: readonly DemonstrationName[] = ['canary', 'blue-green', 'drill'];
const FOLDER = '.fairlead/demo';
/** Longer than anything that still works: a demo that hangs ends, and says where. */
const PATIENCE_MS = 360_000;

const EXAMPLES = `
Examples:
  $ fairlead demo
  $ fairlead demo blue-green
  $ fairlead demo drill       # a recovery, rehearsed under load
  $ fairlead demo --keep      # and look around afterwards

Everything runs on free ports and is kept in ${FOLDER}, which is emptied at each start.
Exit 0 when everything that the demo promises was seen, else 3.`;

export function register(program: Command): void {
  program
    .command('demo')
    .addArgument(new Argument('[what]', 'which one').choices(NAMES).default('canary'))
    .description('show it: a deploy under load, its worker killed, a bad version taken back')
    .option('--keep', 'keep it up afterwards, to look around, until Ctrl-C')
    .option('--json', 'print the result as one JSON object on stdout, the story on stderr')
    .allowExcessArguments(false)
    .addHelpText('after', EXAMPLES)
    .action(async (what: DemonstrationName, flags: DemoFlags) => demo(what, flags));
}

async function demo(what: DemonstrationName, flags: DemoFlags): Promise<void> {
  const interrupted = new AbortController();
  const hurry = new AbortController();
  const onSignal = (): void => {
    if (interrupted.signal.aborted) hurry.abort();
    else console.error('stopping; once more to hurry ...');
    interrupted.abort(new ExitError(EXIT.interrupted, 'stopped; nothing is left running'));
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, onSignal);
  try {
    const result = await play(what, flags, {
      interrupted: interrupted.signal,
      hurry: hurry.signal,
    });
    const broken = result.promises.filter((one) => !one.held);
    if (flags.json === true) {
      const { printJson } = await import('./print.ts');
      printJson({ schema: 'fairlead/demo/v1', held: broken.length === 0, ...result });
    }
    if (broken.length > 0) {
      const names = broken.map((one) => `${one.promise} (${one.seen})`).join('; ');
      throw new ExitError(EXIT.failed, `not everything held: ${names}`);
    }
  } catch (error) {
    throw interrupted.signal.aborted ? interrupted.signal.reason : await asExit(error);
  } finally {
    for (const name of signals) process.off(name, onSignal);
  }
}

async function play(
  what: DemonstrationName,
  flags: DemoFlags,
  { interrupted, hurry }: { interrupted: AbortSignal; hurry: AbortSignal },
): Promise<DemoResult> {
  const { DEMONSTRATIONS } = await import('../demo/demonstration.ts');
  const { runDemo } = await import('../demo/run.ts');
  const { createStory } = await import('../demo/story.ts');
  const story = createStory(flags.json === true ? process.stderr : process.stdout);
  const demonstration = await DEMONSTRATIONS[what]();
  story.print([demonstration.opening]);
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const lookAround = async (embedded: Embedded): Promise<void> => {
    story.heading('Look around; Ctrl-C ends it');
    story.print(whereToLook(embedded));
    const { aborted } = await import('./start-exit.ts');
    await aborted(interrupted);
  };
  const result = await runDemo({
    demonstration,
    folder: FOLDER,
    story,
    hurry,
    signal: flags.keep === true ? interrupted : AbortSignal.any([interrupted, patience]),
    ...(flags.keep === true && { lookAround }),
  });
  if (flags.keep !== true) {
    story.print([
      '',
      `Keep all of it up and look around in the Web UI: npm run demo -- ${what === 'canary' ? '' : `${what} `}--keep`,
      'Your own: npx fairlead up, and in another terminal npx fairlead deploy commercial-view/api v1',
    ]);
  }
  story.print([`It took ${(result.tookMs / 1000).toFixed(0)} s.`]);
  return result;
}

function whereToLook({ uiUrl }: Embedded): string[] {
  return [
    ...(uiUrl === null ? [] : [`  Web UI   ${uiUrl}`]),
    '  In another terminal, in this folder:',
    `    export FAIRLEAD_DATA=${FOLDER}`,
    '    npx fairlead list',
    '    npx fairlead status commercial-view',
    '    npx fairlead report deploy/commercial-view/api/v2 --open',
    '    npx fairlead rollback commercial-view/api',
  ];
}

async function asExit(error: unknown): Promise<unknown> {
  const { startExit } = await import('./start-exit.ts');
  const exit = startExit(error);
  if (exit !== undefined) return exit;
  if (!(error instanceof Error) || error instanceof ExitError) return error;
  const late = error.name === 'TimeoutError';
  const said = late
    ? `it did not get to its end in ${PATIENCE_MS / 60_000} minutes`
    : sentences(error);
  return new ExitError(
    EXIT.failed,
    `the demo broke off: ${said}; what each process said is in ${FOLDER}/logs`,
  );
}

/** Temporal's client says the reason in the cause. */
function sentences(error: Error): string {
  const because = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${error.message}${because}`;
}
