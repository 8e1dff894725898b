// Where faults are injected: one Temporal server on a file, as a real process that can be killed and started again, and
// systems that share it and the ground that they run on. Everything runs from dist, as it is shipped.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { copiesFolder } from '../../../src/machine/copies-folder.ts';
import { freePorts } from '../free-ports.ts';
import { endAllIn } from '../../../src/machine/end-all-in.ts';
import type { ProcessIdentity } from '../../../src/machine/process-identity.ts';
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
import { mongoEnvironment } from '../datastores/mongodb.ts';
import type { CalledPlatform } from '../called-platform.ts';
import { PATIENCE_MS } from '../patience.ts';
import type { FaultGround } from './fault-ground.ts';
import { killed, localGround } from './local-ground.ts';
import { CHANNEL, LOANS, RUNBOOKS, smallSystem } from './fault-system.ts';

/** A server of its own, which may be killed; or the address of one that may not. */
export type ServerChoice = { cli: string } | { address: string };

export class FaultPlace {
  readonly data: string;
  readonly systems: string;
  readonly #choice: ServerChoice;
  readonly #ground: FaultGround;
  #server: { settings: TemporalServer; running: RunningProcess } | undefined;

  private constructor(folder: string, choice: ServerChoice, ground: FaultGround) {
    this.data = join(folder, 'data');
    this.systems = join(folder, 'systems');
    this.#choice = choice;
    this.#ground = ground;
  }

  /** `groundOf` is given the data folder. */
  static async open(
    choice: ServerChoice,
    groundOf: (data: string) => FaultGround | Promise<FaultGround> = localGround,
  ): Promise<FaultPlace> {
    const folder = await mkdtemp(join(tmpdir(), 'fairlead-faults-'));
    const data = join(folder, 'data');
    await mkdir(data);
    const place = new FaultPlace(folder, choice, await groundOf(data));
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
    await killed(this.#server?.running);
  }

  get platform(): CalledPlatform {
    return this.#ground.platform;
  }

  /** Of a worker that is to reach the ground, and a MongoDB. */
  get environment(): NodeJS.ProcessEnv {
    return { ...mongoEnvironment(), ...this.#ground.environment };
  }

  startHost(): Promise<void> {
    return this.#ground.start();
  }

  killHost(): Promise<void> {
    return this.#ground.kill();
  }

  /** The processes that serve a system now. */
  servicePids(system: string): Promise<ProcessIdentity[]> {
    return this.#ground.pids(system);
  }

  /** A small system with very short bakes, one gate, and users enough to judge by. `bound`: settings of its datastore. */
  async addSystem(system: string, bound?: object): Promise<{ url: string }> {
    const { url, ...own } = await this.#ground.prepare(system);
    await mkdir(join(this.systems, system, 'data'), { recursive: true });
    await writeFile(liveData(this, system), LOANS);
    const text = stringify(smallSystem(system, own, bound));
    await writeFile(join(this.systems, system, 'system.yaml'), text);
    await mkdir(join(this.systems, system, 'runbooks'));
    for (const [name, runbook] of Object.entries(RUNBOOKS)) {
      const file = join(this.systems, system, 'runbooks', `${name}.yaml`);
      await writeFile(file, stringify(runbook));
    }
    return { url };
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
    await this.#ground.close();
    if (this.#server !== undefined) await end(this.#server.running.identity, { graceMs: 1500 });
    await rm(resolve(this.data, '..'), { recursive: true, force: true, maxRetries: 5 });
  }

  async #newServer(cli: string): Promise<TemporalServer> {
    const [port = 0, uiPort = 0] = await freePorts(2);
    return { cli, port, uiHost: '127.0.0.1', uiPort, data: this.data };
  }
}

/** The file that a system of this place serves and backs up. */
export function liveData({ systems }: Pick<FaultPlace, 'systems'>, system: string): string {
  return join(systems, system, 'data', 'loans.csv');
}
