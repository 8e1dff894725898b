// Users of a service for as long as a test runs: keep-alive clients that ask, wait a little and ask again, and
// remember which version answered and every request that failed.
import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { ask } from './http-load.ts';

export interface FailedRequest {
  /** When it was sent (ms). */
  at: number;
  what: string;
}

const body = z.object({ version: z.string() });

const PAUSE_MS = 40;

export class UserLoad {
  /** Answers by version since the last `reset`. */
  versions = new Map<string, number>();
  failed: FailedRequest[] = [];
  total = 0;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #clients: Promise<void>[];
  #running = true;

  constructor(url: string, clients = 2) {
    this.#clients = Array.from({ length: clients }, () => this.#client(url));
  }

  reset(): void {
    this.versions = new Map();
    this.failed = [];
    this.total = 0;
  }

  /** Versions that answer requests sent from now on, once `count` of them were answered. */
  async versionsNow(count: number): Promise<string[]> {
    const before = this.versions;
    const from = this.total + this.#clients.length;
    while (this.total < from) await sleep(5);
    this.versions = new Map();
    const start = this.total;
    while (this.total < start + count) await sleep(5);
    const seen = [...this.versions.keys()].sort();
    for (const [version, number] of before) {
      this.versions.set(version, number + (this.versions.get(version) ?? 0));
    }
    return seen;
  }

  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#clients);
    this.#agent.destroy();
  }

  async #client(url: string): Promise<void> {
    while (this.#running) {
      const at = Date.now();
      try {
        const answer = await ask(url, { agent: this.#agent });
        if (answer.status !== 200) throw new Error(`status ${answer.status}: ${answer.body}`);
        const { version } = body.parse(JSON.parse(answer.body));
        this.versions.set(version, (this.versions.get(version) ?? 0) + 1);
      } catch (error) {
        this.failed.push({ at, what: String(error) });
      }
      this.total += 1;
      await sleep(PAUSE_MS);
    }
  }
}
