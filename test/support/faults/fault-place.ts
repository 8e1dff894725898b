// Where faults are injected: one Temporal server on a file and one local host as real processes, which can be
// killed and started again, and systems that share them. Everything runs from dist, as it is shipped.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { copiesFolder } from '../../../src/machine/copies-folder.ts';
import { freePorts } from '../free-ports.ts';
import { endAllIn } from '../../../src/machine/end-all-in.ts';
import {
  isAlive,
  signalProcess,
  type ProcessIdentity,
} from '../../../src/machine/process-identity.ts';
import {
  end,
  launch,
  readLog,
  type RunningProcess,
} from '../../../src/embedded/running-process.ts';
import {
  addressOf,
  awaitServer,
  serverProgram,
  type TemporalServer,
} from '../../../src/embedded/temporal-server.ts';
import { textAt } from '../../../src/domain/json.ts';
import { localServices } from '../../../src/platforms/local/adapter.ts';
import { calledByName, type CalledPlatform } from '../called-platform.ts';
import { hostFileSchema, hostPaths } from '../../../src/platforms/local/protocol.ts';
import { loadState } from '../../../src/platforms/local/state.ts';
import { ROOT } from '../entry.ts';
import { PATIENCE_MS } from '../patience.ts';
import { CHANNEL, LOANS, RUNBOOKS, smallSystem } from './fault-system.ts';

/** Asks until there is an answer; the sentence says what was waited for in vain. */
export async function awaitThat<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  { within = PATIENCE_MS, every = 20 } = {},
): Promise<T> {
  const until = Date.now() + within;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > until) throw new Error(`waited ${within / 1000} s in vain for ${what}`);
    await sleep(every);
  }
}

/** A server of its own, which may be killed; or the address of one that may not. */
export type ServerChoice = { cli: string } | { address: string };

export class FaultPlace {
  readonly data: string;
  readonly systems: string;
  readonly platform: CalledPlatform;
  readonly #choice: ServerChoice;
  #server: { settings: TemporalServer; running: RunningProcess } | undefined;
  #host: RunningProcess | undefined;

  private constructor(folder: string, choice: ServerChoice) {
    this.data = join(folder, 'data');
    this.systems = join(folder, 'systems');
    this.#choice = choice;
    this.platform = calledByName(localServices(this.data));
  }

  static async open(choice: ServerChoice): Promise<FaultPlace> {
    const place = new FaultPlace(await mkdtemp(join(tmpdir(), 'fairlead-faults-')), choice);
    await mkdir(place.data);
    await mkdir(place.systems);
    try {
      if ('cli' in choice) await place.startServer();
      await place.startHost();
    } catch (error) {
      await place.close();
      throw error;
    }
    return place;
  }

  get address(): string {
    if ('address' in this.#choice) return this.#choice.address;
    if (this.#server === undefined) throw new Error('the server of this place was not started');
    return addressOf(this.#server.settings);
  }

  /** On the same port and the same file as the one before. */
  async startServer(): Promise<void> {
    if (!('cli' in this.#choice)) throw new Error('this place has no server of its own');
    const settings = this.#server?.settings ?? (await this.#newServer(this.#choice.cli));
    const log = join(this.data, 'temporal.log');
    const running = await launch(serverProgram(settings, process.env), log);
    this.#server = { settings, running };
    const died = running.ended.then(({ how }) => {
      throw new Error(`Temporal's server ${how}: ${readLog(log, 0).slice(-2000)}`);
    });
    // Its end is heard of here only while it starts.
    died.catch(() => undefined);
    await Promise.race([died, awaitServer(settings, AbortSignal.timeout(PATIENCE_MS))]);
  }

  async killServer(): Promise<void> {
    await kill(this.#server?.running);
  }

  async startHost(): Promise<void> {
    const daemon = join(ROOT, 'dist/platforms/local/daemon.js');
    const log = join(this.data, 'host.log');
    const program = {
      command: process.execPath,
      args: [daemon, '--data', this.data],
      env: process.env,
    };
    const running = await launch(program, log);
    this.#host = running;
    const { pid } = running.identity;
    await awaitThat(`the local host to be ready (see ${log})`, async () => {
      const found = await readFile(hostPaths(this.data).host, 'utf8').catch(() => '');
      return found !== '' && hostFileSchema.parse(JSON.parse(found)).pid === pid ? true : undefined;
    });
  }

  async killHost(): Promise<void> {
    await kill(this.#host);
  }

  /** The processes that serve a system now. */
  async servicePids(system: string): Promise<ProcessIdentity[]> {
    const { services } = await loadState(hostPaths(this.data).state);
    return Object.values(services)
      .filter(({ ref }) => ref.system === system)
      .flatMap(({ revisions }) => Object.values(revisions))
      .flatMap(({ replicas }) => replicas);
  }

  /** A small system with very short bakes, one gate, and users enough to judge by. */
  async addSystem(system: string): Promise<{ port: number }> {
    const [port = 0] = await freePorts(1);
    await mkdir(join(this.systems, system, 'data'), { recursive: true });
    await writeFile(liveData(this, system), LOANS);
    const text = stringify(smallSystem(system, port));
    await writeFile(join(this.systems, system, 'system.yaml'), text);
    await mkdir(join(this.systems, system, 'runbooks'));
    for (const [name, runbook] of Object.entries(RUNBOOKS)) {
      const file = join(this.systems, system, 'runbooks', `${name}.yaml`);
      await writeFile(file, stringify(runbook));
    }
    return { port };
  }

  /** What people were told about an operation, each notice once: a worker that dies before its note tells it again. */
  async told(runId: string): Promise<string[]> {
    const file = join(this.data, 'notifications', `${CHANNEL}.jsonl`);
    const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n').filter(Boolean);
    const keys = lines.flatMap((line) => textAt(JSON.parse(line), 'key') ?? []);
    const mine = keys.filter((key) => key.startsWith(`${runId}/`));
    return [...new Set(mine)].map((key) => key.slice(runId.length + 1));
  }

  async close(): Promise<void> {
    // What a drill that went wrong left would outlive its folder.
    const copies = copiesFolder(this.data);
    for (const folder of [join(this.data, 'isolated'), copies]) {
      await endAllIn(folder, AbortSignal.timeout(PATIENCE_MS));
    }
    await rm(copies, { recursive: true, force: true });
    if (this.#host !== undefined) await end(this.#host.identity, { graceMs: 8000 });
    if (this.#server !== undefined) await end(this.#server.running.identity, { graceMs: 1500 });
    await rm(resolve(this.data, '..'), { recursive: true, force: true, maxRetries: 5 });
  }

  async #newServer(cli: string): Promise<TemporalServer> {
    const [port = 0, uiPort = 0] = await freePorts(2);
    return { cli, port, uiHost: '127.0.0.1', uiPort, data: this.data };
  }
}

async function kill(running: RunningProcess | undefined): Promise<void> {
  if (running === undefined) throw new Error('there is nothing to kill');
  signalProcess(running.identity, 'SIGKILL');
  await running.ended;
  if (isAlive(running.identity))
    throw new Error(`process ${running.identity.pid} outlived SIGKILL`);
}

/** The file that a system of this place serves and backs up. */
export function liveData({ systems }: Pick<FaultPlace, 'systems'>, system: string): string {
  return join(systems, system, 'data', 'loans.csv');
}
