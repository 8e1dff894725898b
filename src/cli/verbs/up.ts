// `fairlead up`: everything on this machine, until Ctrl-C. `fairlead down` ends it from another terminal, a script, or where
// `npx` passes no signal on.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Embedded, EmbeddedOptions } from '../../embedded/up.ts';
import { keyedPath } from '../../machine/http/door-key.ts';
import type { Down, EndedProcess } from '../../embedded/down.ts';
import { EXIT, ExitError } from '../exit.ts';
import { durationFlag, wholeNumber } from '../flags.ts';

interface Flags {
  data?: string;
  systems?: string;
  port?: number;
  uiPort?: number;
  portOffset?: number;
  metricsPort?: number;
  hooksPort?: number;
  private?: boolean;
  json?: boolean;
}

const EXAMPLES = `
Examples:
  $ fairlead up
  $ fairlead up --data /var/lib/fairlead --port 7300
  $ fairlead up --private                           # where others have a login too
  $ TEMPORAL_ADDRESS=temporal:7233 fairlead up      # uses that server and starts none

It restarts what dies. Ctrl-C ends all of it, and so does "fairlead down" from elsewhere; start it again and it
carries on.`;

interface DownFlags {
  data?: string;
  timeout: string;
  json?: boolean;
}

const DOWN_SCHEMA = 'fairlead/down/v1';

const DOWN_EXAMPLES = `
Examples:
  $ fairlead down
  $ fairlead down --data /var/lib/fairlead

It ends what Ctrl-C ends: services, worker, local host and the server that \`up\` started; also what an \`up\`
left that was killed. What it began is carried on by the next \`up\`. Exit 0 also where nothing ran; 6 where it
is another user's; 9 where something had not ended when --timeout passed.`;

const TITLES: Record<EndedProcess['name'], string> = {
  up: '`up`',
  worker: 'the worker',
  hooks: 'the hooks',
  host: 'the local host with its services',
  temporal: "Temporal's server",
};

const port = wholeNumber(0, 65_535);
const offset = wholeNumber(0, 60_000);

export function register(program: Command): void {
  program
    .command('up')
    .description('run Temporal with its Web UI, a worker and the local host, until Ctrl-C')
    .option('--data <dir>', 'where everything is kept (FAIRLEAD_DATA, default .fairlead)')
    .option('--systems <dir>', 'the folder of system files (FAIRLEAD_SYSTEMS, default systems)')
    .option('--port <n>', "Temporal's port (7233); 0 picks a free one", port)
    .option('--ui-port <n>', "the Web UI's port (Temporal's + 1000); 0 picks a free one", port)
    .option('--port-offset <n>', 'added to every port the local host opens (0)', offset)
    .option(
      '--metrics-port <n>',
      "the worker's metrics (FAIRLEAD_METRICS_PORT); 0 a free one",
      port,
    )
    .option('--hooks-port <n>', 'take alerts there (without it: not); 0 picks a free port', port)
    .option('--private', 'nobody else on this machine reaches Temporal: a network of its own')
    .option('--json', 'print where everything is as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: Flags) => up(flags));
  program
    .command('down')
    .description('end what `up` runs on a data folder, as Ctrl-C does')
    .option('--data <dir>', 'the data folder of that `up` (FAIRLEAD_DATA, default .fairlead)')
    .option('--timeout <duration>', 'how long it may take', '2m')
    .option('--json', 'print what was ended as one JSON object on stdout')
    .allowExcessArguments(false)
    .addHelpText('after', DOWN_EXAMPLES)
    .action(async (flags: DownFlags) => down(flags));
}

async function up(flags: Flags): Promise<void> {
  await untilStopped(
    async (signal) => start(flags, signal),
    flags.json === true,
    systemsFolder(flags),
  );
}

/** Starts, prints where everything is, and stops on the first signal; the second one hurries. */
export async function untilStopped(
  begin: (signal: AbortSignal) => Promise<Embedded>,
  json: boolean,
  systems = systemsFolder({}),
): Promise<void> {
  const stop = new AbortController();
  const hurry = new AbortController();
  const onSignal = (): void => {
    if (stop.signal.aborted) {
      hurry.abort();
      return;
    }
    console.error('stopping; once more to hurry ...');
    stop.abort();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, onSignal);
  try {
    const embedded = await begin(stop.signal);
    const { shown } = await import('../output/print.ts');
    console.log(json ? asJson(embedded) : shown(await whereItIs(embedded, systems)));
    const { aborted } = await import('../start-exit.ts');
    await aborted(stop.signal);
    await embedded.stop(hurry.signal);
    console.error('stopped');
  } finally {
    for (const name of signals) process.off(name, onSignal);
  }
}

async function start(flags: Flags, signal: AbortSignal): Promise<Embedded> {
  const { startEmbedded } = await import('../../embedded/up.ts');
  const env = { ...process.env };
  if (flags.systems !== undefined) env['FAIRLEAD_SYSTEMS'] = flags.systems;
  const named = flags.data ?? (env['FAIRLEAD_DATA'] || undefined);
  const options: EmbeddedOptions = {
    data: named ?? '.fairlead',
    named: named !== undefined,
    closed: true,
    env,
    signal,
    say: (line) => {
      console.error(line);
    },
  };
  for (const name of ['port', 'uiPort', 'portOffset', 'metricsPort', 'hooksPort'] as const) {
    const given = flags[name];
    if (given !== undefined) options[name] = given;
  }
  if (flags.private === true) options.private = true;
  try {
    return await startEmbedded(options);
  } catch (error) {
    const { startExit } = await import('../start-exit.ts');
    throw startExit(error) ?? error;
  }
}

function asJson(embedded: Embedded): string {
  const { address, uiUrl, namespace, taskQueue, metricsUrl, hooksUrl, hooksToken } = embedded;
  const { pid, startTime, data, profile } = embedded;
  return JSON.stringify({
    ...{ address, uiUrl, namespace, taskQueue, metricsUrl, hooksUrl, hooksToken },
    ...{ pid, startTime, data, profile },
  });
}

function systemsFolder(flags: Flags): string {
  return flags.systems ?? (process.env['FAIRLEAD_SYSTEMS'] || 'systems');
}

async function whereItIs(embedded: Embedded, systems: string): Promise<string> {
  const { whatIsNext } = await import('../init/what-is-next.ts');
  const { address, uiUrl, namespace, taskQueue, metricsUrl, hooksUrl, hooksToken, data } = embedded;
  const { uiKey, profile } = embedded;
  return [
    'Fairlead is up. Ctrl-C ends it.',
    ...(uiUrl === null ? [] : webUi(uiUrl, uiKey)),
    `  Temporal  ${address} (namespace ${namespace}, task queue ${taskQueue})`,
    ...(profile === null
      ? []
      : [`            asks for a certificate: TEMPORAL_CONFIG_FILE=${profile}`]),
    ...(metricsUrl === null ? [] : [`  Metrics   ${metricsUrl}`]),
    ...(hooksUrl === null ? [] : [`  Alerts    ${hooksUrl} (token: ${hooksToken ?? 'unknown'})`]),
    `  Data      ${data} (what each process says is in logs/)`,
    ...(await whatIsNext(systems, data)),
  ].join('\n');
}

/** The link with the key is for a person's eyes: a log that others read must not hold it. */
function linkOf(uiUrl: string, key: string): string[] {
  if (!process.stdout.isTTY) {
    return [`  Web UI    ${uiUrl}/?key=KEY (the key is uiKey in up.json of the data folder)`];
  }
  return [
    `  Web UI    ${uiUrl}${keyedPath('/', key)}`,
    '            (open it once: the key is for you alone, and lets the browser in)',
  ];
}

function webUi(uiUrl: string, key: string | null): string[] {
  return [
    ...(key === null ? [`  Web UI    ${uiUrl}`] : linkOf(uiUrl, key)),
    `            ${uiUrl}/waiting  what waits for people`,
    `            ${uiUrl}/running  what is not over`,
    `            ${uiUrl}/failed   what failed, was rolled back or cut off`,
  ];
}

async function down(flags: DownFlags): Promise<void> {
  const { dataFolder } = await import('../data-folder.ts');
  const { endEmbedded } = await import('../../embedded/down.ts');
  const { copiesFolder } = await import('../../machine/copies-folder.ts');
  const { startExit } = await import('../start-exit.ts');
  const { printJson, printText, progress } = await import('../output/print.ts');
  const withinMs = durationFlag('--timeout', flags.timeout);
  const data = flags.data === undefined ? dataFolder(process.env, '.') : flags.data;
  try {
    const copies = process.env['FAIRLEAD_COPIES'] ?? copiesFolder(resolve(data));
    const asked = { withinMs, copies: resolve(copies), say: progress };
    const result = await endEmbedded(resolve(data), asked);
    if (flags.json === true) printJson({ schema: DOWN_SCHEMA, data: resolve(data), ...result });
    else printText(downLines(resolve(data), result).join('\n'));
    if (result.left.length > 0) {
      throw new ExitError(EXIT.stillRunning, 'once more, or with a longer --timeout');
    }
  } catch (error) {
    throw startExit(error) ?? error;
  }
}

function downLines(data: string, { ended, left, copies }: Down): string[] {
  const going = copies.map(
    ({ folder, pids }) =>
      `a copy of a backup goes on in ${folder} (pid ${pids.join(', ')}): it is kept for whoever looks into it, and the next \`up\` discards it when its time is over; nobody needs it: kill ${pids.join(' ')}`,
  );
  if (ended.length + left.length === 0) {
    return [`nothing of an \`up\` runs on ${data}`, ...going];
  }
  const named = ({ name, pid }: EndedProcess): string => `${TITLES[name]} (pid ${pid})`;
  return [
    ...ended.map((one) => `ended ${named(one)}`),
    ...left.map((one) => `still running: ${named(one)}`),
    ...going,
  ];
}
