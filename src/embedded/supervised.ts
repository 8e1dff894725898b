// One child process of `up`: started, waited for, started again when it dies (each time with a line for people), stopped.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Say } from './download.ts';
import { signalProcess, type ProcessIdentity } from '../machine/process-identity.ts';
import {
  adopt,
  end,
  launch,
  logPosition,
  readLog,
  type Ending,
  type Program,
  type RunningProcess,
} from './running-process.ts';
import { sentence, StartFailure, type StartFailureCode } from './start-failure.ts';

export interface ChildSpec {
  /** As people read it: `the worker`. */
  name: string;
  program: Program;
  logFile: string;
  /** Resolves when the process does its work. `output` is what it has written since its launch. */
  ready: (identity: ProcessIdentity, output: () => string, signal: AbortSignal) => Promise<void>;
  readyWithinMs: number;
  /** What `up` ends with when the first start fails, unless the child itself says 2. */
  failure: StartFailureCode;
  /** Milliseconds that the child gets to end by itself. */
  graceMs: number;
  hurryBy?: NodeJS.Signals;
}

export interface Watcher {
  say: Say;
  /** Called at once after each launch, so that nothing is lost when `up` is killed. */
  launched(identity: ProcessIdentity): void;
}

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 10_000;
/** A child that lived this long starts with a short delay again. */
const SETTLED_MS = 30_000;
/** Characters of a line that are shown of what a child said last. */
const LINE = 400;

export class Supervised {
  readonly #spec: ChildSpec;
  readonly #watcher: Watcher;
  readonly #stopping = new AbortController();
  #running: RunningProcess | undefined;
  #position = 0;
  #loop: Promise<void> = Promise.resolve();

  constructor(spec: ChildSpec, watcher: Watcher) {
    this.#spec = spec;
    this.#watcher = watcher;
  }

  get pid(): number | undefined {
    return this.#running?.identity.pid;
  }

  /** Resolves when the child is ready for the first time; throws StartFailure with the end of its output. */
  async start(signal: AbortSignal, left?: ProcessIdentity): Promise<void> {
    const running = left ? adopt(left, this.#stopping.signal) : await this.#launch();
    this.#running = running;
    const outcome = await this.#awaitReady(running, signal);
    if (outcome === 'ready') {
      this.#loop = this.#keep(running);
      return;
    }
    this.#stopping.abort();
    // A child that was adopted keeps working for its users although this start failed.
    if (!left) await end(running.identity, { graceMs: this.#spec.graceMs });
    if (signal.aborted) throw new StartFailure(130, 'stopped while starting');
    const code = outcome !== 'late' && outcome.code === 2 ? 2 : this.#spec.failure;
    const how = outcome === 'late' ? this.#lateness() : `${outcome.how} while starting`;
    throw new StartFailure(code, `${this.#spec.name} ${how}${this.#endOfOutput()}`);
  }

  /** The child gets its time to end by itself, and is hurried when `hurry` fires. */
  async stop(hurry?: AbortSignal): Promise<void> {
    this.#stopping.abort();
    const { graceMs, hurryBy } = this.#spec;
    if (this.#running) await end(this.#running.identity, { graceMs, hurry, hurryBy });
    await this.#loop;
  }

  /** Stops watching the child, and leaves it running. */
  leave(): void {
    this.#stopping.abort();
  }

  get adopted(): boolean {
    return this.#running?.adopted ?? false;
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #launch(): Promise<RunningProcess> {
    const { name, program, logFile, failure } = this.#spec;
    this.#position = logPosition(logFile);
    try {
      const running = await launch(program, logFile);
      await this.#noted(running.identity);
      return running;
    } catch (error) {
      const what = `cannot start ${name} (${program.command}): ${sentence(error)}`;
      throw new StartFailure(failure, what);
    }
  }

  /** A process that cannot be written down (a full disk) would be found again by nobody: it is ended. */
  async #noted(identity: ProcessIdentity): Promise<void> {
    try {
      this.#watcher.launched(identity);
    } catch (error) {
      await end(identity, { graceMs: 0 });
      throw error;
    }
  }

  async #keep(first: RunningProcess): Promise<void> {
    const { name } = this.#spec;
    let ended: { promise: Promise<Ending>; pid: number } = {
      promise: first.ended,
      pid: first.identity.pid,
    };
    let delay = FIRST_DELAY_MS;
    for (;;) {
      const since = performance.now();
      const { how } = await ended.promise;
      if (this.#isStopping()) return;
      if (performance.now() - since > SETTLED_MS) delay = FIRST_DELAY_MS;
      this.#watcher.say(
        `${name} (pid ${ended.pid}) ${how}; starting it again in ${delay / 1000} s`,
      );
      await sleep(delay, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      if (this.#isStopping()) return;
      delay = Math.min(delay * 2, LONGEST_DELAY_MS);
      ended = await this.#again(ended.pid);
    }
  }

  async #again(before: number): Promise<{ promise: Promise<Ending>; pid: number }> {
    try {
      const running = await this.#launch();
      this.#running = running;
      // Stopped while it was launched: `stop` may have looked before this one was there.
      if (this.#isStopping()) await end(running.identity, { graceMs: this.#spec.graceMs });
      void this.#announce(running);
      return { promise: running.ended, pid: running.identity.pid };
    } catch (error) {
      return { promise: Promise.resolve({ how: `: ${sentence(error)}`, code: null }), pid: before };
    }
  }

  async #announce(running: RunningProcess): Promise<void> {
    const { name } = this.#spec;
    const { pid } = running.identity;
    const outcome = await this.#awaitReady(running, this.#stopping.signal);
    if (this.#isStopping()) return;
    if (outcome === 'ready') {
      this.#watcher.say(`${name} is back (pid ${pid})`);
      return;
    }
    if (outcome === 'late') {
      this.#watcher.say(`${name} (pid ${pid}) ${this.#lateness()}; killing it`);
      signalProcess(running.identity, 'SIGKILL');
      return;
    }
    this.#watcher.say(`${name} (pid ${pid}) ${outcome.how} while starting${this.#endOfOutput()}`);
  }

  async #awaitReady(
    running: RunningProcess,
    outer: AbortSignal,
  ): Promise<'ready' | 'late' | Ending> {
    const { ready, readyWithinMs, logFile } = this.#spec;
    const done = new AbortController();
    const signal = AbortSignal.any([done.signal, outer, AbortSignal.timeout(readyWithinMs)]);
    const output = () => readLog(logFile, this.#position);
    try {
      return await Promise.race([
        running.ended,
        ready(running.identity, output, signal).then(
          () => 'ready' as const,
          () => 'late' as const,
        ),
      ]);
    } finally {
      done.abort();
    }
  }

  #lateness(): string {
    return `was not ready within ${this.#spec.readyWithinMs / 1000} s`;
  }

  #endOfOutput(): string {
    const lines = readLog(this.#spec.logFile, this.#position).trim().split('\n').slice(-12);
    const said = lines
      .map((line) => (line.length > LINE ? `${line.slice(0, LINE)} ...` : line))
      .join('\n')
      .trim();
    return said === '' ? `; see ${this.#spec.logFile}` : `; it said:\n${said}`;
  }
}

const POLL_MS = 50;

/** Ready when the child has printed a line of JSON with `"ready": true`; returns what that line says. */
export async function awaitReadyLine(
  output: () => string,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  for (;;) {
    for (const line of output().split('\n')) {
      const said = readyLine(line);
      if (said !== undefined) return said;
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}

function readyLine(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null || !('ready' in value)) return undefined;
    return value.ready === true ? { ...value } : undefined;
  } catch {
    return undefined; // half a line
  }
}
