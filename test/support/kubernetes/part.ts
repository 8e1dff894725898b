// One program of a cluster as a process that can be killed, frozen and started again. It dies with the process that
// started it.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const PER_PARENT = '/usr/bin/setpriv';

export class Part {
  readonly name: string;
  readonly #program: string;
  readonly #args: readonly string[];
  readonly #folder: string;
  #child: ChildProcess | undefined;

  /** It runs in `folder`, where its log is `NAME.log`. */
  constructor(name: string, program: string, args: readonly string[], folder: string) {
    this.name = name;
    this.#program = program;
    this.#args = args;
    this.#folder = folder;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  start(): void {
    const log = openSync(join(this.#folder, `${this.name}.log`), 'a');
    const [program, ...args] = endingWithParent([this.#program, ...this.#args]);
    const env = { PATH: process.env['PATH'], HOME: this.#folder };
    this.#child = spawn(program, args, {
      cwd: this.#folder,
      env,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#child.once('error', () => undefined);
  }

  isRunning(): boolean {
    const { exitCode = 0, signalCode = null } = this.#child ?? {};
    return exitCode === null && signalCode === null;
  }

  /** Throws with the end of its log when it ended by itself. */
  mustRun(): void {
    if (!this.isRunning()) throw new Error(`${this.name} ended: ${this.log().slice(-2000)}`);
  }

  log(): string {
    return readFileSync(join(this.#folder, `${this.name}.log`), 'utf8');
  }

  /** Waits until it is gone. */
  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (!this.#child || !this.isRunning()) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill(signal);
    await gone;
  }
}

/** A test that is killed leaves nothing running. */
export function endingWithParent(
  command: readonly [string, ...string[]],
): [program: string, ...args: string[]] {
  if (!existsSync(PER_PARENT)) return [...command];
  return [PER_PARENT, '--pdeathsig', 'KILL', '--', ...command];
}
