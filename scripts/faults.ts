// Kills a worker (or freezes it, or kills Temporal's server or the local host) at every point of a deploy of either
// strategy, a backup, a drill, recoveries, a runbook of steps, a maintenance window and an incident, under load, and compares with the run that nobody disturbed. Takes up where it was stopped.
// `kubernetes` is a canary on a cluster, whose API server dies where the local host would; only where it is asked for.
// Usage: npm run test:faults -- [--operation canary|blue-green|backup|drill|beside|recover|adopt|lost|bound|runbook|maintenance|incident|kubernetes] [--shard I/N] [--once-per-step] [--only PATTERN] [--fresh] [--lanes N] [--list]
//   Of all operations, --once-per-step tries a step that several have in the first of them only, and leaves `bound` out.
//   PATTERN is a regular expression over names such as "kill canaryDeploy/shiftTraffic/weight-50#1/after".
//   Ends with 1 where up to four faults of an operation were noticed, with 2 where more were.
//   What passed is kept in .fairlead/faults.jsonl and left out the next time, unless dist has changed since.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { findTemporalCli } from '../src/embedded/temporal-cli.ts';
import { whyUnable } from '../src/platforms/local/isolation/namespaces.ts';
import {
  allCases,
  differences,
  oncePerStep,
  prepare,
  runsAlone,
  shardOf,
  type FaultCase,
} from '../test/support/faults/fault-cases.ts';
import { clusterGround } from '../test/support/faults/cluster-ground.ts';
import { MISSING, mongoPrograms } from '../test/support/datastores/mongodb.ts';
import { FaultPlace } from '../test/support/faults/fault-place.ts';
import {
  closeLane,
  openLane,
  runOnce,
  type OperationType,
  type Lane,
  type RunResult,
} from '../test/support/faults/fault-run.ts';
import { triedFaults } from '../test/support/faults/tried-faults.ts';

const root = resolve(import.meta.dirname, '..');
const tried = triedFaults(root);
const { values } = parseArgs({
  options: {
    operation: { type: 'string' },
    shard: { type: 'string' },
    'once-per-step': { type: 'boolean' },
    only: { type: 'string' },
    fresh: { type: 'boolean' },
    lanes: { type: 'string', default: '3' },
    list: { type: 'boolean' },
  },
});
const OPERATIONS: Record<string, OperationType> = {
  canary: 'canaryDeploy',
  'blue-green': 'blueGreenDeploy',
  backup: 'backup',
  drill: 'disasterRecovery',
  beside: 'recover',
  recover: 'recoverLive',
  adopt: 'recoverAdopted',
  lost: 'recoverLost',
  bound: 'recoverBound',
  runbook: 'runbook',
  maintenance: 'maintenanceWindow',
  incident: 'incident',
};

/** A canary on a cluster, which is no part of all. */
const KUBERNETES = 'kubernetes';
const onCluster = values.operation === KUBERNETES;

/** More than these are no accident of a machine that is busy. */
const MOST_UNSTEADY = 4;

/** Steps at which a worker of any operation is killed in this run, without the type of the operation. */
const killedAt = new Set<string>();

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    stopping.abort();
  });
}

const code = await main();
// When it was stopped, disturbed runs are still waited for by nobody.
process.exit(code);

async function main(): Promise<number> {
  if (values.fresh === true) tried.forget();
  const say = (line: string) => {
    console.error(line);
  };
  const cli = await findTemporalCli({
    env: process.env,
    say,
    signal: stopping.signal,
  });
  const place = await FaultPlace.open({ cli }, onCluster ? clusterGround : undefined);
  const connection = await Connection.connect({ address: place.address });
  const client = new Client({ connection });
  const lanes: Lane[] = [];
  try {
    const stopped = new Promise<number>((resolve) => {
      stopping.signal.addEventListener('abort', () => {
        resolve(130);
      });
    });
    const all = async (): Promise<number> => {
      let code = 0;
      for (const type of await operationTypes()) {
        for (const lane of lanes.splice(0)) await closeLane(lane);
        const open = () => openLane(place, client, type);
        lanes.push(await open());
        // What went wrong with one says nothing of the others: all are tried.
        code = Math.max(code, await runAll(type, lanes, open));
      }
      return code;
    };
    return await Promise.race([stopped, all()]);
  } finally {
    for (const lane of lanes) await closeLane(lane);
    await connection.close();
    await place.close();
  }
}

async function runAll(
  type: OperationType,
  lanes: Lane[],
  open: () => Promise<Lane>,
): Promise<number> {
  const [first] = lanes;
  if (first === undefined) throw new Error('there is no system to disturb');
  const undisturbed = await runOnce(first);
  console.log(`undisturbed: ${JSON.stringify(undisturbed.same)}`);
  if (undisturbed.same['outcome'] !== 'succeeded' || undisturbed.failed.length > 0) {
    console.error('the undisturbed run did not go well: there is nothing to compare with');
    return 1;
  }
  const cases = chosen(allCases(undisturbed.points, type), type);
  if (values.list === true) {
    for (const { id } of cases) console.log(id);
    return 0;
  }
  // The tasks of a lease have the same names in every operation.
  const known = `${tried.build()} ${onCluster ? KUBERNETES : type}`;
  const done = tried.passed(known);
  const todo = cases.filter(({ id }) => !done.has(id));
  console.log(`${cases.length} faults, ${cases.length - todo.length} of them passed before`);
  const failures: string[] = [];
  const suite = { undisturbed, build: known, total: todo.length, count: 0, missed: 0, failures };
  await disturbAll(suite, lanes, todo, open);
  const unnoticed = `${todo.length - failures.length} of ${todo.length} went unnoticed`;
  console.log(`${unnoticed}; the points of ${suite.missed} of these were not reached`);
  for (const failure of failures) console.log(`FAILED ${failure}`);
  if (failures.length === 0) return 0;
  return failures.length > MOST_UNSTEADY ? 2 : 1;
}

/** Side by side in as many lanes as are asked for, and after that what may not run beside others. */
async function disturbAll(
  suite: Suite,
  lanes: Lane[],
  todo: FaultCase[],
  open: () => Promise<Lane>,
): Promise<void> {
  const beside = todo.filter((one) => !runsAlone(one));
  const more = Math.max(0, Math.min(Number(values.lanes), beside.length) - lanes.length);
  const others = Array.from({ length: more }, () => open());
  await Promise.all([
    ...lanes.map((_, index) => work(suite, lanes, index, beside, open)),
    // The lanes that are there begin while the others are made ready.
    ...others.map(async (opening) => {
      const index = lanes.push(await opening) - 1;
      await work(suite, lanes, index, beside, open);
    }),
  ]);
  await work(suite, lanes, 0, todo.filter(runsAlone), open);
}

/** What is asked for; everything without what a part is missing for, and then loudly. */
async function operationTypes(): Promise<OperationType[]> {
  const { operation } = values;
  if (operation === undefined) {
    const without: OperationType[] = [];
    const missing = (what: string, why: string, types: OperationType[]): void => {
      console.error(`NO ${what} IS DISTURBED: ${why}`);
      if (process.env['FAIRLEAD_REQUIRE_PARTS'] === 'all') throw new Error(why);
      without.push(...types);
    };
    const unable = await whyUnable();
    if (unable !== undefined) {
      missing('DRILL', `missing part: namespaces (${unable})`, ['disasterRecovery']);
    }
    if (mongoPrograms() === undefined) {
      missing('RECOVERY BY BINDING', MISSING, ['recoverBound', 'recoverLost']);
    }
    // All of its steps are steps of others.
    if (values['once-per-step'] === true) without.push('recoverBound');
    return Object.values(OPERATIONS).filter((one) => !without.includes(one));
  }
  const type = onCluster ? OPERATIONS['canary'] : OPERATIONS[operation];
  if (type !== undefined) return [type];
  throw new Error(
    `--operation ${operation} is none of ${[...Object.keys(OPERATIONS), KUBERNETES].join(', ')}`,
  );
}

interface Suite {
  undisturbed: RunResult;
  build: string;
  total: number;
  count: number;
  /** Of those that went unnoticed: their point was not reached. */
  missed: number;
  failures: string[];
}

/** Takes one case after the other from the queue; after one that failed the lane gets a new system. */
async function work(
  suite: Suite,
  lanes: Lane[],
  index: number,
  queue: FaultCase[],
  open: () => Promise<Lane>,
): Promise<void> {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const lane = lanes[index];
    if (lane === undefined) return;
    const passed = await disturb(suite, lane, next);
    if (isStopping()) return;
    if (passed) continue;
    await closeLane(lane);
    lanes[index] = await open();
  }
}

async function disturb(suite: Suite, lane: Lane, { id, ...rest }: FaultCase): Promise<boolean> {
  const started = Date.now();
  const prepared = prepare({ id, ...rest });
  const found = await runOnce(lane, prepared.fault).then(
    (result) => {
      if (!result.reached && prepared.mayMiss) missed(suite, prepared.remarks);
      return differences(suite.undisturbed, result, prepared);
    },
    (error: unknown) => [error instanceof Error ? error.message : String(error)],
  );
  if (isStopping()) return false;
  const passed = found.length === 0;
  suite.count += 1;
  const took = `${((Date.now() - started) / 1000).toFixed(1)} s`;
  console.log(`${suite.count}/${suite.total} ${passed ? 'ok' : 'NOT OK'} ${id} (${took})`);
  for (const line of [...prepared.remarks, ...found]) console.log(`    ${line}`);
  tried.keep({ build: suite.build, id, passed });
  if (!passed) suite.failures.push(`${id}: ${found[0] ?? ''}`);
  return passed;
}

function missed(suite: Suite, remarks: string[]): void {
  suite.missed += 1;
  remarks.push('not disturbed: this run had fewer of its point');
}

function isStopping(): boolean {
  return stopping.signal.aborted;
}

function chosen(all: FaultCase[], type: OperationType): FaultCase[] {
  const { only, shard } = values;
  const some = values['once-per-step'] === true ? oncePerStep(all, type) : all;
  const named = only === undefined ? some : some.filter(({ id }) => new RegExp(only).test(id));
  const mine = shard === undefined ? named : shardOf(named, shard);
  return values['once-per-step'] === true && values.operation === undefined
    ? mine.filter(isNewStep)
    : mine;
}

/** One that another operation of this run has not: a kill once per step, and not once more for each operation that has it. */
function isNewStep({ kind, point }: FaultCase): boolean {
  const step = point.slice(point.indexOf('/') + 1);
  if (kind !== 'kill') return true;
  if (killedAt.has(step)) return false;
  killedAt.add(step);
  return true;
}
