// A storm: people who start, answer and steer operations on systems under load through the command line, while worker,
// server and local host are killed; and what must be true when it is over.
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, type WorkflowExecutionInfo } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { isRecord } from '../../../src/domain/json.ts';
import { checkReport } from '../../../src/domain/record/check-report.ts';
import { end, launch, type RunningProcess } from '../../../src/embedded/running-process.ts';
import { SIGNATURES } from '../../../src/integrations/signing.ts';
import { signalProcess } from '../../../src/machine/process-identity.ts';
import { FaultPlace } from '../faults/fault-place.ts';
import { entryArgs } from '../entry.ts';
import { UserLoad } from '../load.ts';
import { runCli } from '../run-cli.ts';
import { between, nextCommand, nextVictim, pick, seeded, SOON, type Random } from './choices.ts';

const PEOPLE = ['ana', 'ben', 'ci', 'eve'] as const;
const SETTLES_WITHIN_MS = 240_000;
/** How long a freeze is asked for. */
const FROZEN_MS = 20_000;
/** Types of workflows that have no record of their own. */
const WITHOUT_RECORD = new Set([
  'lease',
  'freeze',
  'inspectSystem',
  'checkRecovery',
  'acceptBackup',
]);

export interface StormSettings {
  cli: string;
  seed: number;
  ms: number;
  systems: number;
  drills: boolean;
  say: (line: string) => void;
}

export interface StormResult {
  commands: number;
  kills: number;
  operations: number;
  requests: number;
  failedRequests: number;
  /** What must not be, each a sentence; empty when all is well. */
  findings: string[];
}

export class Storm {
  readonly #settings: StormSettings;
  readonly #place: FaultPlace;
  readonly #client: Client;
  readonly #systems: [string, ...string[]];
  readonly #load: UserLoad[];
  readonly #findings: string[] = [];
  readonly #began = Date.now();
  #worker: RunningProcess | undefined;
  #commands = 0;
  #kills = 0;

  private constructor(
    settings: StormSettings,
    place: FaultPlace,
    client: Client,
    [first, ...others]: { system: string; url: string }[],
  ) {
    if (first === undefined) throw new Error('a storm needs at least one system');
    this.#settings = settings;
    this.#place = place;
    this.#client = client;
    this.#systems = [first.system, ...others.map(({ system }) => system)];
    this.#load = [first, ...others].map(({ url }) => new UserLoad(url));
  }

  /** Runs one from a place of its own to what it came to. */
  static async run(settings: StormSettings): Promise<StormResult> {
    const place = await FaultPlace.open({ cli: settings.cli });
    const connection = await Connection.connect({ address: place.address });
    try {
      const systems = [];
      for (let n = 1; n <= settings.systems; n += 1) {
        const system = `storm-${n}`;
        systems.push({ system, ...(await place.addSystem(system)) });
      }
      const storm = new Storm(settings, place, new Client({ connection }), systems);
      return await storm.#whole();
    } finally {
      await connection.close();
      await place.close();
    }
  }

  async #whole(): Promise<StormResult> {
    try {
      await this.#startWorker();
      for (const system of this.#systems) {
        const code = await this.#fairlead('ci', `deploy ${system}/api v0`);
        if (code !== 0) throw new Error(`the first deploy of ${system} ended with ${code}`);
      }
      const until = Date.now() + this.#settings.ms;
      const people = PEOPLE.map((who, index) =>
        this.#acts(who, seeded(this.#settings.seed + 1 + index), until),
      );
      await Promise.all([...people, this.#kill(seeded(this.#settings.seed), until)]);
      this.#say('the storm is over; what is open is answered or aborted');
      for (const system of this.#systems) await this.#fairlead('ana', `thaw ${system}`);
      await this.#settle();
      await this.#lookAtWeights();
      const operations = await this.#lookAtRecords();
      return {
        commands: this.#commands,
        kills: this.#kills,
        operations,
        requests: this.#load.reduce((sum, { total }) => sum + total, 0),
        failedRequests: this.#load.reduce((sum, { failed }) => sum + failed.length, 0),
        findings: this.#findings,
      };
    } finally {
      for (const load of this.#load) await load.stop();
      if (this.#worker !== undefined) await end(this.#worker.identity, { graceMs: 5000 });
    }
  }

  #say(line: string): void {
    this.#settings.say(`${((Date.now() - this.#began) / 1000).toFixed(1).padStart(6)} s  ${line}`);
  }

  get #environment(): Record<string, string> {
    const { address, data, systems } = this.#place;
    const file = join(data, 'temporal.toml');
    writeFileSync(file, '[profile.default]\n');
    return {
      ...{ TEMPORAL_ADDRESS: address, TEMPORAL_CONFIG_FILE: file },
      ...{ FAIRLEAD_DATA: data, FAIRLEAD_SYSTEMS: systems, FAIRLEAD_LOG_LEVEL: 'error' },
    };
  }

  async #startWorker(): Promise<void> {
    this.#worker = await launch(
      {
        command: process.execPath,
        args: entryArgs('worker'),
        env: { ...process.env, ...this.#environment },
      },
      join(this.#place.data, 'worker.log'),
    );
  }

  /** One person, one command after the other. */
  async #acts(who: string, random: Random, until: number): Promise<void> {
    while (Date.now() < until) {
      await sleep(between(random, 300, 3000));
      const open = await this.#open().catch(() => []);
      const view = {
        systems: this.#systems,
        open: open.map(({ workflowId }) => workflowId),
        drills: this.#settings.drills,
      };
      await this.#fairlead(who, nextCommand(random, view));
    }
  }

  /** Exit code 1 is a bug, whatever died meanwhile. */
  async #fairlead(who: string, command: string): Promise<number | null> {
    const soon = new Date(Date.now() + FROZEN_MS).toISOString();
    const args = [...command.replace(SOON, soon).split(' '), '--as', who];
    const { code, stderr } = await runCli(args, this.#environment, this.#place.data);
    this.#commands += 1;
    const last = stderr.trim().split('\n').at(-1) ?? '';
    this.#say(`${who}: fairlead ${command} -> ${code} ${last.slice(0, 100)}`);
    if (code === 1 || code === null) {
      this.#findings.push(`fairlead ${command} ended with ${code}: ${stderr.slice(-1000)}`);
    }
    return code;
  }

  async #kill(random: Random, until: number): Promise<void> {
    for (;;) {
      await sleep(between(random, 5000, 15_000));
      if (Date.now() > until) return;
      const victim = nextVictim(random);
      this.#say(`kill -9 of the ${victim}`);
      this.#kills += 1;
      const restart = await this.#killed(victim);
      await sleep(between(random, 0, 2000));
      await restart();
    }
  }

  async #killed(victim: ReturnType<typeof nextVictim>): Promise<() => Promise<void>> {
    switch (victim) {
      case 'worker': {
        if (this.#worker !== undefined) {
          signalProcess(this.#worker.identity, 'SIGKILL');
          await this.#worker.ended;
        }
        return () => this.#startWorker();
      }
      case 'server': {
        await this.#place.killServer();
        return () => this.#place.startServer();
      }
      case 'host': {
        await this.#place.killHost();
        return () => this.#place.startHost();
      }
    }
  }

  /** Operations that are not over, without the leases that they hold. */
  async #open(): Promise<WorkflowExecutionInfo[]> {
    const open: WorkflowExecutionInfo[] = [];
    const query = 'ExecutionStatus = "Running"';
    for await (const one of this.#client.workflow.list({ query })) open.push(one);
    return open.filter(({ type }) => !WITHOUT_RECORD.has(type));
  }

  /** Until nothing is open: what waits for people is aborted, what works is left to end. */
  async #settle(): Promise<void> {
    const late = Date.now() + SETTLES_WITHIN_MS;
    const random = seeded(this.#settings.seed);
    for (;;) {
      const open = await this.#open();
      if (open.length === 0) return;
      if (Date.now() > late) {
        for (const { workflowId } of open) this.#findings.push(`${workflowId} is wedged`);
        return;
      }
      for (const { workflowId } of open) {
        const status: unknown = await this.#client.workflow
          .getHandle(workflowId)
          .query('status')
          .catch(() => undefined);
        const state = isRecord(status) ? status['state'] : undefined;
        const asks = state === 'waiting' || state === 'parked' || state === 'paused';
        if (asks) await this.#fairlead(pick(random, PEOPLE), `abort ${workflowId}`);
      }
      await sleep(1000);
    }
  }

  async #lookAtWeights(): Promise<void> {
    for (const system of this.#systems) {
      const { weights } = await this.#place.platform.traffic.read({ system, service: 'api' });
      const sum = weights.reduce((all, { percent }) => all + percent, 0);
      this.#say(`${system}: ${JSON.stringify(weights)}`);
      if (sum !== 0 && sum !== 100) this.#findings.push(`the weights of ${system} sum to ${sum}`);
    }
  }

  /** How many operations there were; each of their records must be what its entries come to, and closed. */
  async #lookAtRecords(): Promise<number> {
    let count = 0;
    for await (const { workflowId, runId, type } of this.#client.workflow.list()) {
      if (WITHOUT_RECORD.has(type)) continue;
      count += 1;
      const report: unknown = await this.#client.workflow
        .getHandle(workflowId, runId)
        .query('report');
      const found = isRecord(report) ? checkReport(asStored(report), SIGNATURES) : undefined;
      if (found?.altered === null && found.closed) continue;
      const what = found === undefined ? 'no report' : (found.altered ?? 'not closed');
      const kept = await this.#keepHistory(workflowId, runId);
      this.#findings.push(
        `the record of ${workflowId} (${runId}) does not verify: ${what}; its history is in ${kept}`,
      );
    }
    return count;
  }

  /** Why the workflow came to what it says can be seen from its history only. */
  async #keepHistory(workflowId: string, runId: string): Promise<string> {
    const history = await this.#client.workflow.getHandle(workflowId, runId).fetchHistory();
    const file = join(tmpdir(), `fairlead-storm-${runId}.json`);
    writeFileSync(file, historyToJSON(history));
    return file;
  }
}

/** As it would be read from a file. */
function asStored(report: Record<string, unknown>): Record<string, unknown> {
  const parsed: unknown = JSON.parse(JSON.stringify(report));
  return isRecord(parsed) ? parsed : {};
}
