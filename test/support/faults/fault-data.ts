// Backups, drills and recoveries with a fault in them: carried out in real files and real namespaces, and what is left afterwards of
// copies, targets and processes, and of the live data.
import { createHash } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { copiesFolder } from '../../../src/machine/copies-folder.ts';
import { allPids } from '../../../src/machine/process-identity.ts';
import { liveData, type FaultPlace } from './fault-place.ts';
import { essence, reportAtEnd, type Carried } from './fault-report.ts';
import { isRecovery, type DataType, type Lane } from './fault-run.ts';

/** What somebody else restored beside the live generation. */
const ADOPTED = 'gen-7';

const ASKED: Record<DataType, { type: string; id: (system: string) => string; more?: object }> = {
  backup: { type: 'backup', id: (system) => `backup/${system}` },
  disasterRecovery: { type: 'disasterRecovery', id: (system) => `drill/${system}` },
  recover: {
    type: 'disasterRecovery',
    id: (system) => `recover/${system}/data`,
    more: { mode: 'recover', datastore: 'data', beside: true },
  },
  recoverLive: {
    type: 'disasterRecovery',
    id: (system) => `recover/${system}`,
    more: { mode: 'recover', requestedBy: 'ci' },
  },
  recoverAdopted: {
    type: 'disasterRecovery',
    id: (system) => `recover/${system}`,
    more: { mode: 'recover', requestedBy: 'ci', datastore: 'data', adopt: ADOPTED },
  },
  recoverBound: {
    type: 'disasterRecovery',
    id: (system) => `recover/${system}`,
    more: { mode: 'recover', requestedBy: 'ci' },
  },
  recoverLost: {
    type: 'disasterRecovery',
    id: (system) => `recover/${system}`,
    more: { mode: 'recover', requestedBy: 'ci', lost: true },
  },
};

/** A folder with generations: a copy goes beside the live one then. */
export function inGenerations(place: Pick<FaultPlace, 'systems'>, system: string): void {
  const live = liveData(place, system);
  const folder = dirname(live);
  mkdirSync(join(folder, 'gen-1'));
  renameSync(live, join(folder, 'gen-1', basename(live)));
  symlinkSync('gen-1', join(folder, 'current'));
  symlinkSync(`current/${basename(live)}`, live);
}

export async function followData(
  lane: Lane,
  type: DataType,
  { taskQueue, workers }: Carried,
): Promise<Record<string, unknown>> {
  const { system, client, place } = lane;
  const { type: workflow, id, more } = ASKED[type];
  if (type === 'recoverAdopted') {
    const folder = dirname(liveData(place, system));
    cpSync(join(folder, 'gen-1'), join(folder, ADOPTED), { recursive: true });
  }
  if (lane.mongo !== undefined) await removeIdle(lane);
  const into = type === 'recoverLost' ? lane.mongo?.nextPlace() : undefined;
  const handle = await client.workflow.start(workflow, {
    workflowId: id(system),
    taskQueue,
    workflowTaskTimeout: '5s',
    args: [{ system, requestedBy: 'ana', ...more, ...(into !== undefined && { into }) }],
  });
  const report = await reportAtEnd(lane, handle, workers);
  return {
    outcome: report.outcome,
    operation: essence(report),
    backups: report.backups?.map(({ parts, rows, bytes }) => ({ parts, rows, bytes })),
    told: await place.told(report.runId),
    ...(lane.mongo === undefined
      ? { liveData: digestOf(liveData(place, system)) }
      : { liveData: await lane.mongo.found(place, system) }),
    remains: await remainsAfter(lane, type),
  };
}

/** Revisions that an earlier recovery left without users. */
async function removeIdle({ place: { platform }, system }: Lane): Promise<void> {
  const service = { system, service: 'api' };
  const { weights } = await platform.traffic.read(service);
  for (const { spec } of await platform.workload.revisions(service)) {
    if (weights.some(({ revision }) => revision === spec.id)) continue;
    const token = { operation: 'test', step: 'remove', epoch: Date.now(), sequence: 1 };
    await platform.workload.remove({ service, revision: spec.id, token });
  }
}

async function remainsAfter(lane: Lane, type: DataType): Promise<string[]> {
  if (!isRecovery(type)) return remainsOf(lane);
  if (lane.mongo === undefined) return takenAway(lane);
  return [...(await lane.mongo.takenAway(lane)), `${discardCopies(lane)} copies`];
}

/**
 * What a recovery kept for people, or made live, without what is different each time. All is as it was then, so that the next
 * one finds nothing of it.
 */
function takenAway(lane: Lane): string[] {
  const folder = dirname(liveData(lane.place, lane.system));
  inFirstGeneration(folder);
  const beside = namesIn(folder).filter((name) => name.startsWith('gen-') && name !== 'gen-1');
  const texts = beside.map((name) => `${name}: ${namesIn(join(folder, name)).join()}`);
  for (const name of beside) rmSync(join(folder, name), { recursive: true, force: true });
  return [...texts, `${discardCopies(lane)} copies`];
}

/** Answers how many there were. */
function discardCopies(lane: Lane): number {
  const copies = remainsOf(lane);
  for (const one of copies) rmSync(one, { recursive: true, force: true });
  return copies.length;
}

function inFirstGeneration(folder: string): void {
  const next = join(folder, 'current.next');
  symlinkSync('gen-1', next);
  renameSync(next, join(folder, 'current'));
}

/** Copies and targets of the system that are still there, and processes that work in one or in namespaces of one. */
function remainsOf({ place: { data }, system }: Lane): string[] {
  const folders = [copiesFolder(data), join(data, 'isolated')];
  const left = folders.flatMap((folder) => namesIn(folder).map((name) => join(folder, name)));
  const own = linkOf('self', 'ns/pid');
  const running = allPids().flatMap((pid) => {
    const at = linkOf(pid, 'cwd') ?? '';
    const isApart = folders.some((folder) => at.startsWith(`${folder}/`));
    return isApart || (linkOf(pid, 'ns/pid') ?? own) !== own ? [`a process in ${at}`] : [];
  });
  return [...left, ...running].filter((one) => one.includes(system));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // nothing was ever put there
  }
}

function linkOf(pid: number | 'self', name: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/${name}`);
  } catch {
    return undefined; // gone meanwhile
  }
}

function digestOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
