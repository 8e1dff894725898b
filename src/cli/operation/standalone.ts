// `recover --standalone`: a Temporal, a worker and a local host for one recovery, over an object store that is there already.
// They end with the command; what is not over lies in their data folder, and the same command goes on with it.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Embedded } from '../../embedded/up.ts';
import { shellWord } from '../../domain/text/command-text.ts';
import { EXIT, ExitError } from '../exit.ts';
import { progress } from '../output/print.ts';
import { aborted, startExit } from '../start-exit.ts';
import { withTemporal } from '../temporal/connect.ts';

export interface StandaloneFlags {
  objects?: string;
  data?: string;
  systems?: string;
  wait?: boolean;
  private?: boolean;
}

/** Where its Temporal and its worker keep what they know: not the folder of an `up` that may be there. */
const DATA = '.fairlead-standalone';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs `work` with such a Fairlead as the nearest one, and ends it. `operation`: what `work` starts or joins. */
export async function besideOwnTemporal(
  { operation, system, flags }: { operation: string; system: string; flags: StandaloneFlags },
  work: () => Promise<void>,
): Promise<void> {
  const { objects, data } = placesOf(system, flags);
  const signals = listen();
  try {
    const up = await begin({ objects, data, flags }, signals.starting);
    signals.started();
    try {
      useIt(data);
      progress(
        `this Fairlead is for ${operation} alone (${up.uiUrl ?? up.address}); in other terminals: export FAIRLEAD_DATA=${shellWord(data)}`,
      );
      await work().catch(async (error: unknown) => throwLater(error, operation, signals));
    } finally {
      progress('ending the Fairlead of this recovery ...');
      await up.stop(signals.hurry());
    }
  } finally {
    signals.close();
  }
}

/** Throws ExitError (2) where a recovery would find nothing there. */
function placesOf(system: string, flags: StandaloneFlags): { objects: string; data: string } {
  const bad = (why: string): ExitError => new ExitError(EXIT.badInput, why);
  if (flags.wait === false) {
    throw bad('--standalone ends its Fairlead with the command: leave --no-wait out');
  }
  const objects = flags.objects ?? process.env['FAIRLEAD_OBJECTS'];
  if (objects === undefined || objects === '') {
    throw bad(
      'recover --standalone needs --objects FOLDER (or FAIRLEAD_OBJECTS): the object store with the backups, DATA/objects of the Fairlead that made them',
    );
  }
  const place = resolve(objects);
  for (const [name, what] of [
    ['_store', 'it is no object store of Fairlead'],
    [system, 'there are none'],
  ] as const) {
    if (existsSync(join(place, name))) continue;
    throw bad(
      `looking for backups of ${system} in ${place}: ${what}; --objects is the folder in which the folder ${system} lies`,
    );
  }
  return { objects: place, data: resolve(flags.data ?? (process.env['FAIRLEAD_DATA'] || DATA)) };
}

async function begin(
  { objects, data, flags }: { objects: string; data: string; flags: StandaloneFlags },
  signal: AbortSignal,
): Promise<Embedded> {
  const { startEmbedded } = await import('../../embedded/up.ts');
  const env: NodeJS.ProcessEnv = { ...process.env, FAIRLEAD_OBJECTS: objects };
  if (flags.systems !== undefined) env['FAIRLEAD_SYSTEMS'] = flags.systems;
  try {
    return await startEmbedded({
      ...{ data, named: true, port: 0, uiPort: 0, env, signal },
      ...(flags.private === true && { private: true }),
      say: progress,
    });
  } catch (error) {
    throw startExit(error) ?? error;
  }
}

/** From now on the commands of this process reach that Fairlead and no other one. */
function useIt(data: string): void {
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('TEMPORAL_')) Reflect.deleteProperty(process.env, name);
  }
  process.env['FAIRLEAD_DATA'] = data;
}

/** What is parked is answered while its Fairlead is there: that stays until Ctrl-C. What is not over is said. */
async function throwLater(
  error: unknown,
  operation: string,
  { interrupted }: Signals,
): Promise<never> {
  const parked = error instanceof ExitError && error.code === EXIT.needsPerson;
  if (parked && (await isOpen(operation))) {
    progress(
      `${operation} waits for a person; this Fairlead stays for the answer, and Ctrl-C ends it`,
    );
    await aborted(interrupted());
  }
  const leftOpen: number[] = [EXIT.interrupted, EXIT.stillRunning];
  if (error instanceof ExitError && leftOpen.includes(error.code)) {
    throw new ExitError(
      error.code,
      `${operation} is not over, and stands still from here on: the same command goes on with it`,
    );
  }
  throw error;
}

async function isOpen(operation: string): Promise<boolean> {
  return withTemporal('fairlead', async ({ client }) => {
    const { status } = await client.workflow.getHandle(operation).describe();
    return status.name === 'RUNNING';
  }).catch(() => false);
}

interface Signals {
  /** Aborted by a signal until `started` is called: later ones are for whoever waits. */
  starting: AbortSignal;
  started: () => void;
  /** Aborted by the next signal. */
  interrupted: () => AbortSignal;
  hurry: () => AbortSignal;
  close: () => void;
}

function listen(): Signals {
  const begun = new AbortController();
  let current: AbortController | undefined = begun;
  const onSignal = (): void => {
    current?.abort();
  };
  const next = (): AbortSignal => {
    current = new AbortController();
    return current.signal;
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    starting: begun.signal,
    started: () => {
      current = undefined;
    },
    interrupted: next,
    hurry: next,
    close: () => {
      for (const name of SIGNALS) process.off(name, onSignal);
    },
  };
}
