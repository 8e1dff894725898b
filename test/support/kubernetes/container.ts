// The process of a pod's container: started on the pod's address, started again with a growing pause when it ends, held
// to its memory limit, ended with the pod's grace. Keeps what it wrote.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { endingWithParent } from './part.ts';

/** What an image has in it. */
export interface Program {
  command: readonly [string, ...string[]];
  directory: string;
  env?: Readonly<Record<string, string>>;
}

export interface LogLine {
  at: Date;
  text: string;
}

export interface Terminated {
  exitCode: number;
  reason: 'Completed' | 'Error' | 'OOMKilled';
  startedAt: string;
  finishedAt: string;
}

export type ContainerState =
  | { running: { startedAt: string } }
  | { waiting: { reason: string; message: string } }
  | { terminated: Terminated };

export interface ContainerInput {
  program: Program;
  env: Readonly<Record<string, string>>;
  restarts: 'Always' | 'OnFailure' | 'Never';
  /** In bytes. */
  memory: number | undefined;
  /** What it is called in messages. */
  name: string;
  onChange: () => void;
}

const KEPT_LINES = 2_000;
const MEMORY_MS = 200;
/** Shorter than a kubelet's, which begins with 10 s and ends at 5 minutes. */
const LONGEST_PAUSE_S = 8;

export class Container {
  state: ContainerState = { waiting: { reason: 'ContainerCreating', message: '' } };
  last: Terminated | undefined;
  restarts = 0;
  lines: LogLine[] = [];
  before: LogLine[] = [];
  readonly #input: ContainerInput;
  #child: ChildProcess | undefined;
  #ending = false;
  #isTooBig = false;

  constructor(input: ContainerInput) {
    this.#input = input;
  }

  get isRunning(): boolean {
    return 'running' in this.state;
  }

  /** Of the process that runs now; undefined while none does. */
  get pid(): number | undefined {
    return this.isRunning ? this.#child?.pid : undefined;
  }

  start(): void {
    const { program, env } = this.#input;
    const [command, ...args] = endingWithParent(program.command);
    const startedAt = new Date().toISOString();
    const child = spawn(command, args, {
      cwd: program.directory,
      env: { PATH: process.env['PATH'], ...program.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#isTooBig = false;
    this.before = this.lines;
    this.lines = [];
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (text) => {
        this.lines = [...this.lines.slice(1 - KEPT_LINES), { at: new Date(), text }];
      });
    }
    const memory = setInterval(() => {
      this.#watchMemory(child.pid ?? 0);
    }, MEMORY_MS);
    child.once('error', () => undefined);
    child.once('close', (code, signal) => {
      clearInterval(memory);
      void this.#ended(startedAt, code ?? (signal === null ? 1 : 137));
    });
    this.#become({ running: { startedAt } });
  }

  /** Ends it for good: SIGTERM, and SIGKILL after the grace (ms). */
  async end(grace: number): Promise<void> {
    this.#ending = true;
    await this.#stop(grace);
  }

  /** As a kubelet does after its liveness probe failed. */
  async restart(grace: number): Promise<void> {
    await this.#stop(grace);
  }

  async #stop(grace: number): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'close');
    child.kill(grace > 0 ? 'SIGTERM' : 'SIGKILL');
    const late = setTimeout(() => child.kill('SIGKILL'), grace);
    await gone;
    clearTimeout(late);
  }

  async #ended(startedAt: string, exitCode: number): Promise<void> {
    const reason = this.#isTooBig ? 'OOMKilled' : exitCode === 0 ? 'Completed' : 'Error';
    this.last = { exitCode, reason, startedAt, finishedAt: new Date().toISOString() };
    const { restarts, name } = this.#input;
    const isOver = restarts === 'Never' || (restarts === 'OnFailure' && exitCode === 0);
    if (this.#ending || isOver) {
      this.#become({ terminated: this.last });
      return;
    }
    // The first time at once, as a kubelet does.
    const pause = this.restarts === 0 ? 0 : Math.min(2 ** (this.restarts - 1), LONGEST_PAUSE_S);
    if (pause > 0) {
      const message = `back-off ${pause}s restarting failed container=${name}`;
      this.#become({ waiting: { reason: 'CrashLoopBackOff', message } });
      await sleep(pause * 1000);
    }
    if (this.#mayNotStart()) return;
    this.restarts += 1;
    this.start();
  }

  #mayNotStart(): boolean {
    return this.#ending;
  }

  #watchMemory(pid: number): void {
    const { memory } = this.#input;
    if (memory === undefined || pid === 0 || residentBytes(pid) <= memory) return;
    this.#isTooBig = true;
    this.#child?.kill('SIGKILL');
  }

  #become(state: ContainerState): void {
    this.state = state;
    this.#input.onChange();
  }
}

/** 0 for a process that is gone. */
function residentBytes(pid: number): number {
  try {
    const [, kilobytes] =
      /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}
