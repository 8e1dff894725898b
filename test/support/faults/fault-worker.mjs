// The real worker from dist, with one barrier in it: at the point that its job names it leaves a mark and stops
// itself (`stop`: SIGSTOP, so that nothing of the process runs on), or holds that one activity until it is told
// to go on (`hold`). Every point that it passes is written to the job's journal. Jobs come as lines on stdin,
// {taskQueue, folder, point?, mode?}, because starting a process costs more than all the rest; the empty line
// ends the job that runs.
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { Buffer } from 'node:buffer';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { workerSettings } from '../../../dist/config/environment.js';
import { createWatchWorker, createWorker, realPorts } from '../../../dist/worker-assembly.js';

function activityNow() {
  const { workflowExecution, activityId } = Context.current().info;
  return `${workflowExecution.runId}/${activityId}`;
}

/** Knows where the worker is, writes it down and stops where it is told to. */
class Track {
  #job;
  #reached = false;
  #calls = new Map();
  #steps = new Map();

  constructor(job) {
    this.#job = job;
  }

  note(entry) {
    appendFileSync(join(this.#job.folder, 'journal'), `${JSON.stringify(entry)}\n`);
  }

  async pass(point) {
    this.note({ point });
    const { folder, mode } = this.#job;
    if (point !== this.#job.point || this.#reached) return;
    this.#reached = true;
    writeFileSync(join(folder, 'hit'), point);
    if (mode === 'stop') process.kill(process.pid, 'SIGSTOP');
    else while (!existsSync(join(folder, 'go'))) await sleep(5);
  }

  /** The step that the activity around this call belongs to. */
  stepNow() {
    return this.#steps.get(activityNow());
  }

  enter(step) {
    this.#steps.set(activityNow(), step);
  }

  /** Numbers the calls of one name; another attempt of the same activity keeps its number. */
  nameOf(activity, step) {
    const { workflowType, activityId } = Context.current().info;
    const name = `${workflowType}/${activity}/${step}`;
    const ids = this.#calls.get(name) ?? [];
    if (!ids.includes(activityId)) ids.push(activityId);
    this.#calls.set(name, ids);
    return `${name}#${ids.indexOf(activityId) + 1}`;
  }
}

/** `finished` gets what has ended here and is not reported to the server yet. */
function interceptor(track, finished) {
  return {
    async execute(input, next) {
      const { activityType, taskToken } = Context.current().info;
      track.enter(input.args[0]?.step);
      const name = track.nameOf(activityType, input.args[0]?.step);
      await track.pass(`${name}/before`);
      try {
        const value = await next(input);
        track.note({ ended: name });
        await track.pass(`${name}/after`);
        finished.push({ name, token: taskToken });
        return value;
      } catch (error) {
        track.note({ ended: name, error: error.type ?? error.name, message: error.message });
        throw error;
      }
    },
  };
}

/** A change between the fence and the outside world, and between the outside world and the read-back. */
function guardVerb(track, port, verb) {
  const change = port[verb].bind(port);
  return async (...input) => {
    const { activityType } = Context.current().info;
    const name = track.nameOf(`${activityType}:${verb}`, track.stepNow());
    await track.pass(`${name}/before`);
    try {
      const value = await change(...input);
      track.note({ changed: name });
      await track.pass(`${name}/after`);
      return value;
    } catch (error) {
      track.note({ changed: name, error: error.kind ?? error.name, message: error.message });
      throw error;
    }
  };
}

function guarded(track, port, names) {
  const verbs = names.map((name) => [name, guardVerb(track, port, name)]);
  return { ...port, ...Object.fromEntries(verbs) };
}

function guardPlatform(track, { workload, traffic, isolation, ...platform }) {
  return {
    ...platform,
    workload: guarded(track, workload, ['ensure', 'scale', 'restart', 'settle', 'remove']),
    traffic: guarded(track, traffic, ['set', 'stop', 'admit']),
    ...(isolation && {
      isolation: guarded(track, isolation, ['open', 'mount', 'start', 'close']),
    }),
  };
}

function guardPorts(track, ports) {
  const { commands } = ports;
  const made = guardVerb(track, commands, 'run');
  return {
    ...ports,
    // A check is asked of the same activity, and changes nothing.
    commands: {
      ...commands,
      run: (input, waiting) =>
        input.command[0] === 'test' ? commands.run(input, waiting) : made(input, waiting),
    },
    platforms: Object.fromEntries(
      Object.entries(ports.platforms).map(([name, one]) => [name, guardPlatform(track, one)]),
    ),
    backups: guarded(track, ports.backups, ['backup', 'restore', 'keep', 'discard', 'mark']),
    exchanges: guarded(track, ports.exchanges, ['writeFence', 'liftFence', 'exchange', 'flush']),
  };
}

/** The run id is the first field of an activation and, behind the length of the whole, of its completion. */
function runIdIn(buffer, start) {
  if (buffer[start] !== 0x0a) throw new Error('a message of a workflow task without a run id');
  return buffer.toString('utf8', start + 2, start + 2 + buffer[start + 1]);
}

const behindLength = (buffer) => buffer.findIndex((byte) => byte < 0x80) + 1;

const TYPES = [
  ...['canaryDeploy', 'blueGreenDeploy', 'retireRevision', 'disasterRecovery', 'backup'],
  ...['runbook', 'restartService', 'maintenanceWindow', 'freeze', 'incident'],
];
/** A type as the first field of what a run begins with, before its id. */
const begins = TYPES.map((type) => [
  type,
  Buffer.from(`\n${String.fromCharCode(type.length)}${type}\x12`),
]);

/** What was completed counts as such only when the server has it: the native calls resolve then. */
function watchCompletions(track, finished, native) {
  const { completeActivityTask, completeWorkflowActivation, pollWorkflowActivation } = native;
  const runs = new Map();
  native.pollWorkflowActivation = async () => {
    const buffer = await pollWorkflowActivation();
    const runId = runIdIn(buffer, 0);
    if (!runs.has(runId)) {
      const [type] = begins.find(([, field]) => buffer.includes(field)) ?? [];
      const leases = [...runs.values()].filter((run) => run.type.startsWith('lease')).length;
      runs.set(runId, { type: type ?? `lease-${leases + 1}`, tasks: 0 });
    }
    return buffer;
  };
  native.completeWorkflowActivation = async (buffer) => {
    await completeWorkflowActivation(buffer);
    const run = runs.get(runIdIn(buffer, behindLength(buffer)));
    if (run === undefined) return;
    run.tasks += 1;
    await track.pass(`${run.type}/task#${run.tasks}`);
  };
  native.completeActivityTask = async (buffer) => {
    await completeActivityTask(buffer);
    const index = finished.findIndex(({ token }) => buffer.includes(token));
    const [done] = index < 0 ? [] : finished.splice(index, 1);
    if (done !== undefined) await track.pass(`${done.name}/completed`);
  };
}

async function begin(job) {
  const settings = workerSettings({ ...process.env, FAIRLEAD_TASK_QUEUE: job.taskQueue });
  const ports = realPorts(settings);
  const connection = await NativeConnection.connect({ address: process.env.TEMPORAL_ADDRESS });
  const track = new Track(job);
  const finished = [];
  const inbound = interceptor(track, finished);
  const input = {
    connection,
    namespace: 'default',
    settings,
    ports: guardPorts(track, ports),
    options: { interceptors: { activity: [() => ({ inbound })] } },
  };
  const worker = await createWorker(input);
  const watch = await createWatchWorker(input);
  watchCompletions(track, finished, worker.nativeWorker);
  const over = Promise.all([worker.run(), watch.run()]).then(() => connection.close());
  return () => {
    worker.shutdown();
    watch.shutdown();
    return over;
  };
}

Runtime.install({ logger: new DefaultLogger('ERROR') });
let finish = async () => undefined;
for await (const line of createInterface({ input: process.stdin })) {
  if (line === '') void finish();
  else finish = await begin(JSON.parse(line));
}
process.exit(0);
