// A real worker of Fairlead as a process, which tests kill, with its systems and records in a folder of its own.
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import type { SystemFile } from '../../../src/config/system.ts';
import { entryArgs, ROOT } from '../entry.ts';
import { endingWithParent } from './part.ts';

const converter = resolve(ROOT, 'src', 'payload-converter.ts');

export class RealWorker {
  readonly client: Client;
  readonly #connection: Connection;
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #taskQueue = `test-${randomUUID()}`;
  #child: ChildProcess | undefined;

  private constructor(connection: Connection, folder: string, address: string, kubeconfig: string) {
    this.#connection = connection;
    this.client = new Client({
      connection,
      dataConverter: { payloadConverterPath: converter },
    });
    this.#folder = folder;
    this.#env = {
      PATH: process.env['PATH'],
      HOME: folder,
      TEMPORAL_ADDRESS: address,
      FAIRLEAD_DATA: join(folder, 'data'),
      FAIRLEAD_SYSTEMS: join(folder, 'systems'),
      FAIRLEAD_TASK_QUEUE: this.#taskQueue,
      KUBECONFIG: kubeconfig,
    };
  }

  static async start(address: string, kubeconfig: string): Promise<RealWorker> {
    const folder = mkdtempSync(join(tmpdir(), 'fairlead-worker-'));
    mkdirSync(join(folder, 'data'), { mode: 0o700 });
    mkdirSync(join(folder, 'systems'));
    const worker = new RealWorker(
      await Connection.connect({ address }),
      folder,
      address,
      kubeconfig,
    );
    worker.begin();
    return worker;
  }

  /** A system file; it may be there before or after the worker is. */
  addSystem(system: SystemFile): void {
    const folder = join(this.#folder, 'systems', system.system);
    mkdirSync(folder, { recursive: true });
    // JSON is YAML too.
    writeFileSync(join(folder, 'system.yaml'), JSON.stringify(system));
  }

  begin(): void {
    const [program, ...args] = endingWithParent([process.execPath, ...entryArgs('worker')]);
    const child = spawn(program, args, {
      cwd: ROOT,
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        appendFileSync(join(this.#folder, 'log'), chunk);
      });
    }
    this.#child = child;
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  /** As a machine that is suspended: it holds all it had, and another one may `begin` meanwhile. */
  freeze(): { thaw: () => void; end: () => Promise<void> } {
    const child = this.#child;
    if (!child) throw new Error('no worker runs');
    child.kill('SIGSTOP');
    this.#child = undefined;
    return {
      thaw: () => child.kill('SIGCONT'),
      async end() {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const gone = once(child, 'exit');
        child.kill('SIGKILL');
        await gone;
      },
    };
  }

  start(type: string, input: object): Promise<WorkflowHandle> {
    return this.client.workflow.start(type, {
      workflowId: `${type}-${randomUUID()}`,
      taskQueue: this.#taskQueue,
      args: [input],
    });
  }

  async stop(): Promise<void> {
    await this.kill('SIGTERM');
    await this.#connection.close();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
