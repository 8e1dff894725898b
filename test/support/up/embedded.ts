// An `up` in a folder of its own with stand-ins for the worker and the local host, and what to ask of it.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StandIns } from '../../../src/embedded/children.ts';
import type { Program } from '../../../src/embedded/running-process.ts';
import { startEmbedded, type Embedded, type EmbeddedOptions } from '../../../src/embedded/up.ts';
import { loaderArgs } from '../entry.ts';

/** A new folder; remove it with `rmSync(..., {recursive: true})` or `TestUp.dispose`. */
export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'fairlead-test-'));
}

/** Asks again and again; the test's own time-out is the deadline. */
export async function until(what: () => boolean): Promise<void> {
  while (!what()) await sleep(20);
}

function standIn(kind: string, data: string, env: NodeJS.ProcessEnv): Program {
  const file = resolve(import.meta.dirname, 'stand-in.mjs');
  return {
    command: process.execPath,
    args: [...loaderArgs(), file, kind, data],
    env,
  };
}

export function standInsFor(data: string, extra: NodeJS.ProcessEnv = {}): StandIns {
  return {
    worker: (env) => standIn('worker', data, { ...env, ...extra }),
    host: (env) => standIn('host', data, env),
  };
}

export function journalOf(data: string): string[] {
  return readFileSync(join(data, 'journal'), 'utf8').trim().split('\n');
}

export class TestUp {
  readonly data = newFolder();
  readonly said: string[] = [];
  #running: Embedded | undefined;

  /** On a server elsewhere (which nobody asks), unless `options` say otherwise. */
  async start(options: Partial<EmbeddedOptions> = {}): Promise<Embedded> {
    this.#running = await startEmbedded({
      data: this.data,
      env: { ...process.env, TEMPORAL_ADDRESS: '127.0.0.1:1' },
      say: (line) => {
        this.said.push(line);
      },
      standIns: standInsFor(this.data),
      ...options,
    });
    return this.#running;
  }

  async dispose(): Promise<void> {
    const hurry = new AbortController();
    hurry.abort();
    await this.#running?.stop(hurry.signal);
    rmSync(this.data, { recursive: true, force: true });
  }
}
