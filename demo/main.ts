// The demonstration: a canary (or blue-green, or a drill), a killed worker and a bad version in a minute, on free ports.
// Usage: node --import tsx demo/main.ts [canary | blue-green | drill | recover | incident | inventory | aislemarts] [--keep] [--json]; `fairlead demo` runs it too.
import { Argument, Command } from 'commander';
import { EXIT, ExitError } from '../src/cli/exit.ts';
import { printJson } from '../src/cli/output/print.ts';
import { exitCodeOf } from '../src/cli/program.ts';
import { aborted, startExit } from '../src/cli/start-exit.ts';
import type { Embedded } from '../src/embedded/up.ts';
import { DEMONSTRATIONS, type DemonstrationName } from './demonstrations.ts';
import type { Demonstration } from './demonstration.ts';
import { runDemo, type DemoResult } from './run.ts';
import { createStory } from './story.ts';
import { SYSTEM } from './watch.ts';

interface DemoFlags {
  keep?: boolean;
  json?: boolean;
}

const NAMES: readonly DemonstrationName[] = [
  'canary',
  'blue-green',
  'drill',
  'recover',
  'incident',
  'inventory',
  'aislemarts',
];
const FOLDER = '.fairlead/demo';
/** Longer than anything that still works: a demo that hangs ends, and says where. */
const PATIENCE_MS = 360_000;
const LONG_PATIENCE_MS = 900_000;

const EXAMPLES = `
Examples:
  $ fairlead demo
  $ fairlead demo blue-green
  $ fairlead demo drill       # a recovery, rehearsed under load
  $ fairlead demo recover     # damaged data, and a backup in their place
  $ fairlead demo incident    # an alert, its incident, a runbook that looks, a roll-back
  $ fairlead demo inventory   # Firestore: a backup in a new database, services bound to it
  $ fairlead demo aislemarts  # the same on Kubernetes, whose parts are built first: npm run parts -- kubernetes
  $ fairlead demo --keep      # and look around afterwards

Everything runs on free ports and is kept in ${FOLDER}, which is emptied at each start.
Exit 0 when everything that the demo promises was seen, else 3.`;

const complain = (text: string): void => void process.stderr.write(text);
const code = await exitCodeOf(async () => {
  await program().parseAsync(process.argv.slice(2), { from: 'user' });
  return EXIT.done;
}, complain);
// What was written has to be out before the process ends, and nothing left open may keep it.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));

function program(): Command {
  return new Command('fairlead demo')
    .addArgument(new Argument('[what]', 'which one').choices(NAMES).default('canary'))
    .description('show it: a deploy under load, its worker killed, a bad version taken back')
    .option('--keep', 'keep it up afterwards, to look around, until Ctrl-C')
    .option('--json', 'print the result as one JSON object on stdout, the story on stderr')
    .allowExcessArguments(false)
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureOutput({ writeErr: complain })
    .showHelpAfterError('(see "fairlead demo --help")')
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
      printJson({ schema: 'fairlead/demo/v1', held: broken.length === 0, ...result });
    }
    if (broken.length > 0) {
      const names = broken.map((one) => `${one.promise} (${one.seen})`).join('; ');
      throw new ExitError(EXIT.failed, `not everything held: ${names}`);
    }
  } catch (error) {
    throw interrupted.signal.aborted ? interrupted.signal.reason : asExit(error);
  } finally {
    for (const name of signals) process.off(name, onSignal);
  }
}

async function play(
  what: DemonstrationName,
  flags: DemoFlags,
  { interrupted, hurry }: { interrupted: AbortSignal; hurry: AbortSignal },
): Promise<DemoResult> {
  const story = createStory(flags.json === true ? process.stderr : process.stdout);
  const demonstration = await DEMONSTRATIONS[what]();
  story.print([demonstration.opening]);
  const patience = AbortSignal.timeout(demonstration.isLong ? LONG_PATIENCE_MS : PATIENCE_MS);
  const lookAround = async (embedded: Embedded): Promise<void> => {
    story.heading('Look around; Ctrl-C ends it');
    story.print(whereToLook(embedded, demonstration));
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

function whereToLook({ uiUrl }: Embedded, { system = SYSTEM }: Demonstration): string[] {
  const service = system === SYSTEM ? 'api' : 'backend';
  return [
    ...(uiUrl === null ? [] : [`  Web UI   ${uiUrl}`]),
    '  In another terminal, in this folder:',
    `    export FAIRLEAD_DATA=${FOLDER}`,
    '    npx fairlead list',
    `    npx fairlead status ${system}`,
    `    npx fairlead report deploy/${system}/${service}/v2 --open`,
    `    npx fairlead rollback ${system}/${service}`,
  ];
}

function asExit(error: unknown): unknown {
  const exit = startExit(error);
  if (exit !== undefined) return exit;
  if (!(error instanceof Error) || error instanceof ExitError) return error;
  const late = error.name === 'TimeoutError';
  const said = late ? 'it did not get to its end in time' : sentences(error);
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
