// A worker with a barrier in it (fault-worker.mjs) as a process, and what is read from its journal.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { clientEnvironment } from '../../../src/embedded/temporal-server.ts';
import { awaitThat } from './await-that.ts';
import type { FaultPlace } from './fault-place.ts';

const WORKER = resolve(import.meta.dirname, 'fault-worker.mjs');

const entrySchema = z.object({
  point: z.exactOptional(z.string()),
  /** An activity that came to its end in this process, and the failure it ended with. */
  ended: z.exactOptional(z.string()),
  /** A change that the outside world took, or what it refused it with. */
  changed: z.exactOptional(z.string()),
  error: z.exactOptional(z.string()),
  message: z.exactOptional(z.string()),
});
type JournalEntry = z.output<typeof entrySchema>;

/** Where a worker stops: `stop` freezes the process, `hold` only the one activity until `goOn`. */
export interface Barrier {
  point: string;
  mode: 'stop' | 'hold';
}

/** A process that froze itself would stay for ever if nobody ended it. */
const living = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

export class FaultWorker {
  readonly #child: ChildProcess;
  readonly #place: FaultPlace;
  #folder = '';
  #said = '';

  /** Starts the process; what it is to do is said by `begin`. */
  constructor(place: FaultPlace) {
    const env = {
      ...clientEnvironment(process.env, place.address, place.data),
      FAIRLEAD_DATA: place.data,
      FAIRLEAD_SYSTEMS: place.systems,
      ...place.environment,
    };
    const child = spawn(process.execPath, [WORKER], { env, stdio: ['pipe', 'ignore', 'pipe'] });
    this.#child = child;
    living.add(child);
    child.once('exit', () => living.delete(child));
    this.#place = place;
    child.stdin.on('error', () => undefined);
    child.stderr.on('data', (chunk: Buffer) => {
      this.#said = (this.#said + chunk.toString()).slice(-4000);
    });
  }

  async begin(taskQueue: string, barrier?: Barrier): Promise<void> {
    this.#folder = await mkdtemp(join(this.#place.data, 'worker-'));
    this.#child.stdin?.write(
      `${JSON.stringify({ taskQueue, folder: this.#folder, ...barrier })}\n`,
    );
  }

  /** Lets go of what it began; the process is free for the next. */
  finish(): void {
    this.#child.stdin?.write('\n');
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Its barrier was reached; and, when it stops there, nothing of it runs any more. */
  get reached(): boolean {
    return existsSync(join(this.#folder, 'hit'));
  }

  get stopped(): boolean {
    if (this.#child.pid === undefined || this.ended) return false;
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
  }

  /** What it said when it ended by itself, which it never should. */
  get said(): string {
    return this.#said;
  }

  journal(): JournalEntry[] {
    const file = join(this.#folder, 'journal');
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => entrySchema.parse(JSON.parse(line)));
  }

  points(): string[] {
    return this.journal().flatMap(({ point }) => point ?? []);
  }

  async frozen(): Promise<void> {
    await awaitThat('the worker to stop itself', () => (this.stopped ? true : undefined));
  }

  wake(): void {
    this.#child.kill('SIGCONT');
  }

  async goOn(): Promise<void> {
    await writeFile(join(this.#folder, 'go'), '');
  }

  async kill(): Promise<void> {
    if (this.ended) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }
}
