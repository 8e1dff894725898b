// Which faults there are: made from the points that an undisturbed run passed, named so that a list of them can
// be cut into shards, taken up again, and picked from.
import { isAlive, type ProcessIdentity } from '../../../src/machine/process-identity.ts';
import { awaitThat } from './await-that.ts';
import { FROZEN, pointsFor, WAKES } from './fault-points.ts';
import type { Fault, OperationType, RunResult, Scene } from './fault-run.ts';
import type { FailedRequest } from '../load.ts';

/** kill: the worker dies. freeze: it stops, another takes over, it wakes. server, host: that one dies. */
export type FaultKind = 'kill' | 'freeze' | 'server' | 'host';

export interface FaultCase {
  id: string;
  kind: FaultKind;
  point: string;
}

export function allCases(points: string[], type: OperationType): FaultCase[] {
  const { server, host } = pointsFor(type);
  const missing = [...server, ...host].filter((one) => !points.includes(one));
  if (missing.length > 0) throw new Error(`an undisturbed run never passed ${missing.join(', ')}`);
  const frozen = [...new Set(points)].filter(
    (point) =>
      FROZEN[type]?.test(point) === true &&
      !point.endsWith('/completed') &&
      !/\/\w+\/\S+\/after$/.test(point),
  );
  return [
    // A verb that one step calls several times passes the same points again.
    ...[...new Set(points)].map((point) => make('kill', point)),
    ...frozen.map((point) => make('freeze', point)),
    ...server.map((point) => make('server', point)),
    ...host.map((point) => make('host', point)),
  ];
}

/** One kill for each step, where it hurts most: after the effect, before anybody heard of it. */
export function oncePerStep(cases: FaultCase[], type: OperationType): FaultCase[] {
  const { server, host } = pointsFor(type);
  const one: Record<FaultKind, (point: string) => boolean> = {
    kill: (point) => /^\w+\/\w+\/\S+\/after$/.test(point) && isOfStep(point, type),
    freeze: (point) => /:\w+\/(weight-50|switch|remove|mark|stop-api)#1\/before$/.test(point),
    server: (point) => point === server[1],
    host: (point) => point === host[2],
  };
  return cases.filter(({ kind, point }) => one[kind](point));
}

/** Steps of its own, once each: what other operations do on the way in and out is in their lists, what it starts has its own. */
function isOfStep(point: string, type: OperationType): boolean {
  if (type === 'incident') return point.startsWith('incident/') && point.includes('#1/');
  if (type !== 'runbook' && type !== 'maintenanceWindow') return true;
  const isFrame = /\/(load|lease|plan|seal)#/.test(point);
  return point.startsWith(`${type}/`) && point.includes('#1/') && !isFrame;
}

/** The i-th of n parts, each with its share of every kind. */
export function shardOf(cases: FaultCase[], shard: string): FaultCase[] {
  const [, i, n] = /^([1-9]\d*)\/([1-9]\d*)$/.exec(shard)?.map(Number) ?? [];
  if (i === undefined || n === undefined || i > n) {
    throw new Error(`--shard ${shard} is no part of a whole: write 1/4, 2/4, 3/4 or 4/4`);
  }
  return cases.filter((_, index) => index % n === i - 1);
}

/** May it run beside others? What kills the server or the local host may not. */
export function runsAlone({ kind }: FaultCase): boolean {
  return kind === 'server' || kind === 'host';
}

export interface PreparedFault {
  fault: Fault;
  /** Did this request have to fail? */
  mayFail: (request: FailedRequest) => boolean;
  /** Of its point there are fewer where an answer takes longer: not to reach it is no failure. */
  mayMiss: boolean;
  /** What the fault itself found out: sentences that end the case as failed, and a remark. */
  problems: string[];
  remarks: string[];
}

export function prepare({ kind, point }: FaultCase): PreparedFault {
  return { ...faultOf(kind, point), mayMiss: isOfSome(point) };
}

/** Not the first of its name in an incident: one that is answered more slowly keeps several lines at once, in fewer tasks. */
function isOfSome(point: string): boolean {
  return point.startsWith('incident/') && !/#1(\/|$)/.test(point);
}

function faultOf(kind: FaultKind, point: string): Prepared {
  switch (kind) {
    case 'kill':
      return quietly({
        point,
        mode: 'stop',
        act: async ({ victim, startWorker }) => {
          await victim.kill();
          await startWorker();
        },
      });
    case 'freeze':
      return freeze(point);
    case 'server':
      return quietly({
        point,
        mode: 'hold',
        act: async ({ lane, victim }) => {
          await lane.place.killServer();
          await victim.goOn();
          await lane.place.startServer();
        },
      });
    case 'host':
      return killHost(point);
  }
}

type Prepared = Omit<PreparedFault, 'mayMiss'>;

/** What was different from the undisturbed run; nothing when the fault went unnoticed. */
export function differences(
  undisturbed: RunResult,
  found: RunResult,
  { mayFail, mayMiss, problems }: PreparedFault,
): string[] {
  const keys = new Set([...Object.keys(undisturbed.same), ...Object.keys(found.same)]);
  const differing = [...keys].flatMap((key) => {
    const [was, is] = [undisturbed.same[key], found.same[key]].map((one) => JSON.stringify(one));
    return was === is ? [] : [`${key} was ${is ?? 'missing'}, undisturbed ${was ?? 'missing'}`];
  });
  const failed = found.failed.filter((request) => !mayFail(request));
  return [
    ...(found.reached || mayMiss ? [] : ['its point was never reached']),
    ...differing,
    ...(failed.length === 0
      ? []
      : [`${failed.length} of ${found.requests} requests failed: ${failed[0]?.what ?? ''}`]),
    ...problems,
  ];
}

function quietly(fault: Fault): Prepared {
  return { fault, mayFail: () => false, problems: [], remarks: [] };
}

function freeze(point: string): Prepared {
  const [, type = '', activity = '', step = ''] =
    /^(\w+)\/(\w+)(?::\w+)?\/([\w-]+)#/.exec(point) ?? [];
  const wakeAt = WAKES[`${type}/${step}`] ?? WAKES[`${type}/${activity}`];
  if (wakeAt === undefined) throw new Error(`nobody knows when to wake what froze at ${point}`);
  const problems: string[] = [];
  const remarks: string[] = [];
  const act = async ({ victim, startWorker }: Scene): Promise<void> => {
    const taker = await startWorker();
    const gotThere = () => taker.points().includes(wakeAt) || undefined;
    await awaitThat(`another worker to get to ${wakeAt}`, gotThere, { within: 150_000 });
    const asleep = victim.journal().length;
    victim.wake();
    const name = `/${activity}/${step}#`;
    const end = await awaitThat('the woken worker to finish what it was doing', () =>
      victim.journal().find(({ ended }) => ended?.includes(name)),
    );
    const since = victim.journal().slice(asleep);
    const change = since.find(({ changed }) => changed?.includes(`/${activity}:`));
    const said = change?.error ?? 'done, the same again';
    remarks.push(
      `woken; its change: ${change === undefined ? 'never got that far' : said}; the activity: ${end.error ?? 'done'}`,
    );
    if (end.error !== undefined && !REFUSALS.has(end.error)) {
      problems.push(`the woken worker was not refused properly: ${end.error} ${end.message ?? ''}`);
    }
  };
  return { fault: { point, mode: 'stop', act }, mayFail: () => false, problems, remarks };
}

/** How a stale worker ends: refused, or told that the server gave its activity to somebody else. */
const REFUSALS = new Set(['Superseded', 'WorldChanged', 'LeaseLost', 'Unavailable']);

function killHost(point: string): Prepared {
  let diedAt = Infinity;
  let backAt = Infinity;
  const problems: string[] = [];
  const act = async ({ lane, victim }: Scene): Promise<void> => {
    const { place } = lane;
    const before = await place.servicePids(lane.system);
    diedAt = Date.now();
    await place.killHost();
    await victim.goOn();
    const dead = notRunning(before);
    await place.startHost();
    backAt = Date.now();
    const after = notRunning(before);
    if (before.length === 0) problems.push('there were no services whose life could be watched');
    const lost = [...dead, ...after];
    if (lost.length > 0) problems.push(`services died with the local host: ${lost.join(', ')}`);
  };
  return {
    fault: { point, mode: 'hold', act },
    // A request that was under way when it died, and those that came until it was back.
    mayFail: ({ at }) => at >= diedAt - 5000 && at <= backAt,
    problems,
    remarks: [],
  };
}

function notRunning(identities: ProcessIdentity[]): number[] {
  return identities.filter((one) => !isAlive(one)).map(({ pid }) => pid);
}

function make(kind: FaultKind, point: string): FaultCase {
  return { id: `${kind} ${point}`, kind, point };
}
