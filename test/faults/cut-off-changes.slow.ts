// A change of a runbook of steps whose worker is killed before, in and after its command, and in what takes it back: a real worker
// process, a real command. What the command left running is ended, its check is asked, and without a check a person is.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import {
  Client,
  Connection,
  isGrpcServiceError,
  ServiceError,
  WorkflowFailedError,
  type WorkflowHandle,
} from '@temporalio/client';
import { stringify } from 'yaml';
import { isAlive, startTimeOf, type ProcessIdentity } from '../../src/machine/process-identity.ts';
import { buildReport } from '../../src/domain/record/build-report.ts';
import type { Report } from '../../src/domain/record/report.ts';
import { awaitThat } from '../support/faults/await-that.ts';
import { FaultPlace } from '../support/faults/fault-place.ts';
import { FaultWorker } from '../support/faults/fault-process.ts';
import { stateOf } from '../support/faults/fault-report.ts';
import { evidenceIn } from '../support/record/evidence-in.ts';
import { temporalOrSkip, testServer } from '../support/temporal-server.ts';

/** `hang`: the first time it leaves a child, floods its output and ignores SIGTERM; the second time it does what it is for. */
const PROGRAM = `
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
process.stdout.on('error', () => undefined);
const [effect, how] = process.argv.slice(2);
appendFileSync('ran', effect + '\\n');
if (how === 'make-and-hang') appendFileSync('made', effect + '\\n');
if (how !== 'quick' && !existsSync('hung')) {
  const child = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' });
  process.on('SIGTERM', () => undefined);
  writeFileSync('hung', process.pid + ' ' + child.pid);
  setInterval(() => console.log('x'.repeat(100_000)), 50);
} else if (how !== 'make-and-hang') appendFileSync('made', effect + '\\n');
`;

let place: FaultPlace | undefined;
let connection: Connection | undefined;

before(async () => {
  const server = await testServer().catch(() => undefined);
  if (server === undefined) return;
  place = await FaultPlace.open({ address: server.address });
  connection = await Connection.connect({ address: server.address });
});
after(async () => {
  await connection?.close();
  await place?.close();
});

interface Course {
  handle: WorkflowHandle;
  folder: string;
  data: string;
  victim: FaultWorker;
  /** Kills the first worker and starts another one. */
  replaced: () => Promise<void>;
}

/** A runbook of these steps on a system of its own, with a worker that stops at `point`, if any. */
async function begin(t: TestContext, steps: object[], point?: string): Promise<Course | undefined> {
  if ((await temporalOrSkip(t)) === undefined) return undefined;
  assert.ok(place && connection);
  const system = `cut-${randomUUID().slice(0, 8)}`;
  await place.addSystem(system);
  const folder = join(place.systems, system);
  await mkdir(join(folder, 'ops'));
  await writeFile(join(folder, 'ops', 'change.mjs'), PROGRAM);
  const runbook = stringify({ title: 'A test', leases: ['api'], steps });
  await writeFile(join(folder, 'runbooks', 'cut.yaml'), runbook);
  const taskQueue = `cut-${randomUUID()}`;
  const workers = [new FaultWorker(place), new FaultWorker(place)] as const;
  t.after(async () => {
    for (const worker of workers) await worker.kill();
  });
  const [victim, other] = workers;
  await victim.begin(taskQueue, point === undefined ? undefined : { point, mode: 'stop' });
  const handle = await new Client({ connection }).workflow.start('runbook', {
    workflowId: `run/${system}/cut`,
    taskQueue,
    workflowTaskTimeout: '5s',
    args: [{ system, runbook: 'cut', requestedBy: 'ana' }],
  });
  const replaced = async (): Promise<void> => {
    await victim.kill();
    await other.begin(taskQueue);
  };
  return { handle, folder, data: place.data, victim, replaced };
}

const linesOf = async (folder: string, name: string): Promise<string[]> => {
  const text = await readFile(join(folder, name), 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
};

/** The processes of the command that hangs. */
async function hanging(folder: string): Promise<ProcessIdentity[]> {
  const text = await awaitThat('the command to hang', () =>
    readFile(join(folder, 'hung'), 'utf8').catch(() => undefined),
  );
  return text.split(' ').map((one) => {
    const pid = Number(one);
    return { pid, startTime: startTimeOf(pid) ?? assert.fail(`${pid} has ended already`) };
  });
}

const change = (effect: string, how: string, check = false) => ({
  id: effect,
  do: {
    command: ['node', 'ops/change.mjs', effect, how],
    ...(check ? { check: { command: ['test', '-s', 'made'] } } : { check: 'none', why: 'a test' }),
  },
  undo: { command: ['node', 'ops/change.mjs', `un-${effect}`, 'quick'] },
});

/** A query that the server gave up on is asked again; any other failure is one of the test. */
function cutOff(error: unknown): undefined {
  if (error instanceof ServiceError && isGrpcServiceError(error.cause)) return undefined;
  throw error;
}

async function parkedNote(handle: WorkflowHandle): Promise<string> {
  return awaitThat(
    'the runbook to ask',
    async () => {
      // Parked is read without a worker: a query that a killed worker was to answer is cut off by the server.
      if ((await stateOf(handle)) !== 'parked') return undefined;
      const asked = handle.query<{ note?: string }>('status').catch(cutOff);
      return asked.then((status) => status && (status.note ?? ''));
    },
    { within: 120_000, every: 200 },
  );
}

for (const when of ['before', 'after'] as const) {
  const point = `runbook/makeChange:run/grow#1/${when}`;
  test(`a worker killed ${when} the command: its check is asked, and the command has run once`, async (t) => {
    const course = await begin(t, [change('grow', 'quick', true)], point);
    if (course === undefined) return;
    await course.victim.frozen();
    await course.replaced();
    const { outcome, message } = await endOf(course);
    assert.equal(outcome, 'succeeded', message ?? '');
    assert.deepEqual(await linesOf(course.folder, 'ran'), ['grow']);
    assert.deepEqual(await linesOf(course.folder, 'made'), ['grow']);
  });

  test(`a worker killed ${when} the command, without a check: a person is asked, and nothing runs meanwhile`, async (t) => {
    const course = await begin(t, [change('grow', 'quick')], point);
    if (course === undefined) return;
    await course.victim.frozen();
    await course.replaced();
    assert.match(await parkedNote(course.handle), /was begun and cut off, and has no check/);
    assert.equal((await linesOf(course.folder, 'ran')).length, when === 'before' ? 0 : 1);
    const answer = when === 'before' ? 'retryStep' : 'skipStep';
    await course.handle.signal(answer, { actor: 'ana', step: 'grow' });
    assert.equal((await endOf(course)).outcome, 'succeeded');
    assert.deepEqual(await linesOf(course.folder, 'made'), ['grow']);
  });
}

test('a worker killed in the command: what it left is ended, and it runs again as its check says that it is not done', async (t) => {
  const course = await begin(t, [change('grow', 'hang', true)]);
  if (course === undefined) return;
  const left = await hanging(course.folder);
  await course.replaced();
  const { outcome, message, steps } = await endOf(course);
  assert.equal(outcome, 'succeeded', message ?? '');
  assert.deepEqual(left.filter(isAlive), []);
  assert.deepEqual(await linesOf(course.folder, 'ran'), ['grow', 'grow']);
  assert.deepEqual(await linesOf(course.folder, 'made'), ['grow']);
  assert.match(steps[0]?.detail ?? '', /ended 2 processes that an attempt before it had left/);
});

test('a worker killed in a command that is done and hangs: what it left is ended, and it does not run again', async (t) => {
  const course = await begin(t, [change('grow', 'make-and-hang', true)]);
  if (course === undefined) return;
  const left = await hanging(course.folder);
  await course.replaced();
  const { outcome, steps } = await endOf(course);
  assert.equal(outcome, 'succeeded');
  assert.deepEqual(left.filter(isAlive), []);
  assert.deepEqual(await linesOf(course.folder, 'ran'), ['grow']);
  assert.match(steps[0]?.detail ?? '', /done already: .*ended 2 processes/);
});

test('a worker killed in the command, without a check: what it left is ended, and a person is asked', async (t) => {
  const course = await begin(t, [change('grow', 'hang')]);
  if (course === undefined) return;
  const left = await hanging(course.folder);
  await course.replaced();
  assert.match(await parkedNote(course.handle), /cut off.*ended 2 processes/);
  assert.deepEqual(left.filter(isAlive), []);
  assert.deepEqual(await linesOf(course.folder, 'ran'), ['grow']);
  await course.handle.signal('retryStep', { actor: 'ana', step: 'grow' });
  assert.equal((await endOf(course)).outcome, 'succeeded');
  assert.deepEqual(await linesOf(course.folder, 'made'), ['grow']);
});

test('a worker killed in what takes a change back: all is taken back, newest first', async (t) => {
  const [first, second] = [change('first', 'quick'), change('second', 'quick')];
  const back = { command: ['node', 'ops/change.mjs', 'un-second', 'hang'] };
  const fails = {
    ...change('third', 'quick'),
    do: { command: ['false'], check: 'none', why: 'a test' },
  };
  const steps = [first, { ...second, undo: back }, { ...fails, onFailure: 'undo' }];
  const course = await begin(t, steps);
  if (course === undefined) return;
  const left = await hanging(course.folder);
  await course.replaced();
  assert.equal((await endOf(course)).outcome, 'failed');
  assert.deepEqual(left.filter(isAlive), []);
  assert.deepEqual(await linesOf(course.folder, 'made'), [
    ...['first', 'second', 'un-third', 'un-second', 'un-first'],
  ]);
});

/** What its record says once it has ended. */
async function endOf({ handle, data }: Course): Promise<Report> {
  await handle.result().catch((error: unknown) => {
    if (!(error instanceof WorkflowFailedError)) throw error;
  });
  const { runId } = await handle.describe();
  return buildReport(await evidenceIn(data).read({ workflowId: handle.workflowId, runId }));
}
