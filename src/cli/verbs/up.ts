// `fairlead up`: everything on this machine, until Ctrl-C.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Embedded, EmbeddedOptions } from '../../embedded/up.ts';
import { wholeNumber } from '../flags.ts';

interface Flags {
  data?: string;
  systems?: string;
  port?: number;
  uiPort?: number;
  portOffset?: number;
  metricsPort?: number;
  json?: boolean;
}

const EXAMPLES = `
Examples:
  $ fairlead up
  $ fairlead up --data /var/lib/fairlead --port 7300
  $ TEMPORAL_ADDRESS=temporal:7233 fairlead up      # uses that server and starts none

It restarts what dies. Ctrl-C ends all of it; start it again and it carries on.`;

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
    .option('--json', 'print where everything is as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: Flags) => up(flags));
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
    env,
    signal,
    say: (line) => {
      console.error(line);
    },
  };
  for (const name of ['port', 'uiPort', 'portOffset', 'metricsPort'] as const) {
    const given = flags[name];
    if (given !== undefined) options[name] = given;
  }
  try {
    return await startEmbedded(options);
  } catch (error) {
    const { startExit } = await import('../start-exit.ts');
    throw startExit(error) ?? error;
  }
}

function asJson(embedded: Embedded): string {
  const { address, uiUrl, namespace, taskQueue, metricsUrl, pid, startTime, data } = embedded;
  const where = { address, uiUrl, namespace, taskQueue, metricsUrl, pid, startTime, data };
  return JSON.stringify(where);
}

function systemsFolder(flags: Flags): string {
  return flags.systems ?? (process.env['FAIRLEAD_SYSTEMS'] || 'systems');
}

async function whereItIs(embedded: Embedded, systems: string): Promise<string> {
  const { address, uiUrl, namespace, taskQueue, metricsUrl, data } = embedded;
  return [
    'Fairlead is up. Ctrl-C ends it.',
    ...(uiUrl === null ? [] : webUi(uiUrl)),
    `  Temporal  ${address} (namespace ${namespace}, task queue ${taskQueue})`,
    ...(metricsUrl === null ? [] : [`  Metrics   ${metricsUrl}`]),
    `  Data      ${data} (what each process says is in logs/)`,
    ...(await whatIsNext(systems, addressFor(data, address))),
  ].join('\n');
}

function webUi(uiUrl: string): string[] {
  return [
    `  Web UI    ${uiUrl}`,
    `            ${uiUrl}/waiting  what waits for people`,
    `            ${uiUrl}/running  what is not over`,
    `            ${uiUrl}/failed   what failed, was rolled back or cut off`,
  ];
}

/** A worker without a system can do nothing: that is said now, not at the first deploy. */
async function whatIsNext(systems: string, prefix: string): Promise<string[]> {
  const { systemNames } = await import('../../config/system-names.ts');
  const { names } = await systemNames(systems).catch((): { names: string[] } => ({ names: [] }));
  const [first] = names;
  if (first === undefined) {
    const folder = resolve(systems);
    return [
      `There is no system in ${folder}: put SYSTEM/system.yaml there, or name another folder by --systems.`,
    ];
  }
  const command = names.includes('commercial-view')
    ? 'deploy commercial-view/api v1'
    : `status ${first}`;
  return ['Next, in another terminal:', `  ${prefix}fairlead ${command}`];
}

/** The other verbs find `.fairlead/up.json` from this folder by themselves; any other data folder they do not. */
function addressFor(data: string, address: string): string {
  return resolve(data) === resolve('.fairlead') ? '' : `TEMPORAL_ADDRESS=${address} `;
}
