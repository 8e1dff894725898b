// Starts canary-worker.ts and asks it what it has used. Used by many.ts.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { z } from 'zod';

const usageSchema = z.strictObject({
  /** Since it was started. */
  cpuMs: z.number(),
  /** Bytes. */
  rss: z.number(),
  /** Since it was asked the last time. */
  peakRss: z.number(),
});

export type Usage = z.output<typeof usageSchema>;

export class WorkerProcess {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(address: string, taskQueue: string): Promise<WorkerProcess> {
    const file = resolve(import.meta.dirname, 'canary-worker.ts');
    const child = fork(file, [address, taskQueue], {
      execArgv: ['--import', import.meta.resolve('tsx')],
    });
    const worker = new WorkerProcess(child);
    await worker.#heard();
    return worker;
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async usage(): Promise<Usage> {
    this.#child.send('usage');
    return usageSchema.parse(await this.#heard());
  }

  async stop(): Promise<void> {
    if (this.ended) return;
    const exit = once(this.#child, 'exit');
    this.#child.send('stop');
    const late = setTimeout(() => this.#child.kill('SIGKILL'), 20_000);
    await exit;
    clearTimeout(late);
  }

  async #heard(): Promise<unknown> {
    const ended = once(this.#child, 'exit').then(([code]) => {
      throw new Error(`the worker left with ${String(code)}`);
    });
    ended.catch(() => undefined);
    const [message] = (await Promise.race([once(this.#child, 'message'), ended])) as unknown[];
    return message;
  }
}
