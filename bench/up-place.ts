// A whole `fairlead up` from dist with small systems, for what has to be measured on real processes: who waits for a
// change of traffic in the local host, and who kills the worker. Used by worker-kill.ts, switch-back.ts and drills.ts.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { z } from 'zod';
import { percentOf } from '../src/domain/traffic/weights.ts';
import { localServices } from '../src/platforms/local/adapter.ts';
import { calledByName, type CalledPlatform } from '../test/support/called-platform.ts';
import { startUp, type WholeUp } from '../test/support/up/whole-up.ts';
import type { UpSystem } from '../test/support/up/whole-up-systems.ts';

const upSchema = z.looseObject({ address: z.string(), taskQueue: z.string() });
const childrenSchema = z.looseObject({ worker: z.looseObject({ pid: z.number() }) });
const LOOK_EVERY_MS = 2;
const PATIENCE_MS = 120_000;
const SERVICE = 'api';

export class UpPlace {
  readonly #up: WholeUp;
  readonly #connection: Connection;
  readonly #platform: CalledPlatform;
  readonly #taskQueue: string;
  readonly client: Client;

  private constructor(up: WholeUp, connection: Connection, taskQueue: string) {
    this.#up = up;
    this.#connection = connection;
    this.#taskQueue = taskQueue;
    this.#platform = calledByName(localServices(up.data));
    const payloadConverterPath = resolve(import.meta.dirname, '../src/payload-converter.ts');
    this.client = new Client({ connection, dataConverter: { payloadConverterPath } });
  }

  static async open(systems: readonly UpSystem[]): Promise<UpPlace> {
    const up = await startUp(systems);
    try {
      const text = readFileSync(join(up.data, 'up.json'), 'utf8');
      const { address, taskQueue } = upSchema.parse(JSON.parse(text));
      return new UpPlace(up, await Connection.connect({ address }), taskQueue);
    } catch (error) {
      await up.stop();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#connection.close();
    await this.#up.stop();
  }

  /** Starts an operation; `id` is what the command line would call it. */
  start(
    type: string,
    id: string,
    input: { system: string; [field: string]: string },
  ): Promise<WorkflowHandle> {
    return this.client.workflow.start(type, {
      workflowId: id,
      taskQueue: this.#taskQueue,
      workflowTaskTimeout: '5s',
      args: [{ requestedBy: 'ci', ...input }],
    });
  }

  /** When the local host was first seen to give this version this share (ms since 1970). */
  async whenShared(system: string, version: string, percent: number): Promise<number> {
    for (const deadline = Date.now() + PATIENCE_MS; ;) {
      const { weights, seenAt } = await this.#weightsOf(system);
      const share = weights.find((one) => one.version === version);
      if (share !== undefined && percentOf(weights, share.revision) === percent) return seenAt;
      if (Date.now() > deadline) throw new Error(`${system}: ${version} never had ${percent} %`);
      await sleep(LOOK_EVERY_MS);
    }
  }

  /** SIGKILL; `up` starts another one. Returns when (ms since 1970). */
  async killWorker(): Promise<number> {
    const text = readFileSync(join(this.#up.data, 'children.json'), 'utf8');
    const { pid } = childrenSchema.parse(JSON.parse(text)).worker;
    process.kill(pid, 'SIGKILL');
    return Date.now();
  }

  async #weightsOf(system: string) {
    const { weights } = await this.#platform.traffic.read({ system, service: SERVICE });
    return { weights, seenAt: Date.now() };
  }
}
