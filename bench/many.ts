// (f) 200 canaries at once in one worker on in-memory ports: wall time, CPU and memory per operation; then twice as
// many, and so on, until something breaks or the time is up. What broke at once is tried with half as many, and so on.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { endOf } from '../test/support/operations.ts';
import { newSystem, startCanary, type HistoryEvent } from './canary-world.ts';
import { figure, type Measured, type Stage } from './figure.ts';
import { WorkerProcess } from './worker-process.ts';

const FIRST = 200;
const LEAST = 10;
/** For all of it; a batch that would take longer than what is left is not begun. */
const TIME_LIMIT_MS = 600_000;
/** An operation of four steps that has not ended by then is taken for stuck: more at once than one worker can do. */
const BATCH_LIMIT_MS = 200_000;
const WARM_UP = 10;
const MEGABYTE = 1_000_000;
/** Of Temporal's TimeoutType. */
const SCHEDULE_TO_START = 2;
/** Linux counts CPU time in hundredths of a second. */
const TICK_MS = 10;

interface Batch {
  count: number;
  wallMs: number;
  workerCpuMs: number;
  serverCpuMs: number;
  /** Above what the worker had before. */
  memoryBytes: number;
  /** Operations that did not come to what they should, by what came instead. */
  broken: Map<string, number>;
  /** Tasks that timed out or were tried again, which cost time and change no outcome. */
  disturbed: Map<string, number>;
}

export async function many(stage: Stage): Promise<Measured[]> {
  const { address, pid } = await stage.server();
  const taskQueue = `bench-${randomUUID()}`;
  const worker = await WorkerProcess.start(address, taskQueue);
  const connection = await Connection.connect({ address });
  const payloadConverterPath = resolve(import.meta.dirname, '../src/payload-converter.ts');
  const client = new Client({ connection, dataConverter: { payloadConverterPath } });
  const start = (type: string, input: unknown, workflowId: string = randomUUID()) =>
    client.workflow.start(type, {
      workflowId,
      taskQueue,
      workflowTaskTimeout: '5s',
      args: [input],
    });
  const run = (count: number) => batch(count, { start, worker, serverPid: pid });
  try {
    await run(WARM_UP);
    const batches: Batch[] = [];
    const began = Date.now();
    const next = async (count: number): Promise<Batch> => {
      const done = await run(count);
      batches.push(done);
      stage.say(`  ${describe(done)}`);
      return done;
    };
    let done = await next(FIRST);
    const isDown = done.broken.size > 0;
    for (let count = FIRST; ;) {
      const left = TIME_LIMIT_MS - (Date.now() - began);
      if (isDown ? done.broken.size === 0 : done.broken.size > 0) break;
      count = isDown ? Math.floor(count / 2) : count * 2;
      const takes = Math.min(done.wallMs * (isDown ? 0.5 : 2), BATCH_LIMIT_MS);
      if (count < LEAST || left < takes) break;
      done = await next(count);
    }
    return figuresOf(batches);
  } finally {
    await worker.stop();
    await connection.close();
  }
}

async function batch(
  count: number,
  {
    start,
    worker,
    serverPid,
  }: {
    start: (type: string, input: unknown, workflowId?: string) => Promise<WorkflowHandle>;
    worker: WorkerProcess;
    serverPid: number;
  },
): Promise<Batch> {
  const before = await worker.usage();
  const serverBefore = cpuOf(serverPid);
  const started = performance.now();
  const ends = await Promise.all(
    Array.from({ length: count }, () => followed(startCanary({ start }, newSystem()))),
  );
  const wallMs = performance.now() - started;
  const after = await worker.usage();
  const serverCpuMs = cpuOf(serverPid) - serverBefore;
  const broken = new Map<string, number>();
  const disturbed = new Map<string, number>();
  for (const { handle, wrong } of ends) {
    if (wrong !== '') tally(broken, wrong);
    const events = (await handle?.fetchHistory())?.events ?? [];
    for (const what of events.flatMap((event) => disturbance(event) ?? [])) tally(disturbed, what);
  }
  return {
    count,
    wallMs,
    workerCpuMs: after.cpuMs - before.cpuMs,
    serverCpuMs,
    memoryBytes: Math.max(0, after.peakRss - before.rss),
    broken,
    disturbed,
  };
}

function tally(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

/** An operation with what it ended as; empty when that was a success. */
interface End {
  handle?: WorkflowHandle;
  wrong: string;
}

async function followed(starting: Promise<WorkflowHandle>): Promise<End> {
  let handle: WorkflowHandle;
  try {
    handle = await starting;
  } catch (error) {
    return { wrong: `not started: ${String(error)}` };
  }
  const over = new AbortController();
  const late = sleep(BATCH_LIMIT_MS, undefined, { signal: over.signal }).then(
    () => `no end within ${BATCH_LIMIT_MS / 1000} s`,
    () => '',
  );
  const ended = endOf(handle).then(
    ({ outcome, message }) => (outcome === 'succeeded' ? '' : `${outcome}: ${message}`),
    String,
  );
  const wrong = await Promise.race([ended, late]);
  over.abort();
  return { handle, wrong };
}

function disturbance(event: HistoryEvent): string | undefined {
  const timeout = event.workflowTaskTimedOutEventAttributes?.timeoutType;
  if (Number(timeout) === SCHEDULE_TO_START) return 'workflow task not taken (scheduleToStart)';
  if (timeout != null) return 'workflow task not finished (startToClose)';
  if (event.activityTaskTimedOutEventAttributes != null) return 'activity timed out';
  const attempt = event.activityTaskStartedEventAttributes?.attempt ?? 1;
  return attempt > 1 ? 'activity tried again' : undefined;
}

function figuresOf(batches: readonly Batch[]): Measured[] {
  const [first] = batches;
  const last = batches.at(-1);
  if (first === undefined || last === undefined) throw new Error('no batch ran');
  const name = (what: string): string => `${first.count} canaries at once: ${what}`;
  const per = (total: number): number[] => [total / first.count];
  return [
    figure(name('wall time'), 's', [first.wallMs / 1000], {
      notes: [whatBroke(last)],
      table: [
        [
          'at once',
          'wall s',
          'operations/s',
          'worker CPU ms each',
          'server CPU ms each',
          'memory MB each',
          'disturbed',
          'broken',
        ],
        ...batches.map((one) => [
          String(one.count),
          (one.wallMs / 1000).toFixed(1),
          ((one.count / one.wallMs) * 1000).toFixed(1),
          ...[one.workerCpuMs, one.serverCpuMs].map((ms) => (ms / one.count).toFixed(0)),
          (one.memoryBytes / MEGABYTE / one.count).toFixed(2),
          inWords(one.disturbed),
          inWords(one.broken),
        ]),
      ],
    }),
    figure(name('worker CPU per operation'), 'ms', per(first.workerCpuMs)),
    figure(name('server CPU per operation'), 'ms', per(first.serverCpuMs)),
    figure(name('worker memory per operation'), 'MB', per(first.memoryBytes / MEGABYTE), {
      notes: ['the most that the worker had above what it had before ÷ operations'],
    }),
  ];
}

function whatBroke(last: Batch): string {
  if (last.broken.size > 0) return `at ${last.count} at once broke: ${inWords(last.broken)}`;
  return `nothing broke at ${last.count} at once; ${last.count * 2} would have gone over the time limit of ${TIME_LIMIT_MS / 1000} s`;
}

function inWords(counts: Map<string, number>): string {
  if (counts.size === 0) return 'nothing';
  return [...counts].map(([what, count]) => `${count} × ${what}`).join('; ');
}

function describe(one: Batch): string {
  return `${one.count} at once: ${(one.wallMs / 1000).toFixed(1)} s, disturbed: ${inWords(one.disturbed)}, broken: ${inWords(one.broken)}`;
}

/** What a process has used so far (ms of CPU), its threads together. */
function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
