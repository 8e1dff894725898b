// Backups and drills with a fault in them: carried out in real files and real namespaces, and what is left afterwards of
// copies, targets and processes, and of the live data.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { allPids } from '../../../src/machine/process-identity.ts';
import { liveData } from './fault-place.ts';
import { essence, reportAtEnd, type Carried } from './fault-report.ts';
import type { DataType, Lane } from './fault-run.ts';

const IDS: Record<DataType, string> = { backup: 'backup', disasterRecovery: 'drill' };

export async function followData(
  lane: Lane,
  type: DataType,
  { taskQueue, workers }: Carried,
): Promise<Record<string, unknown>> {
  const { system, client, place } = lane;
  const handle = await client.workflow.start(type, {
    workflowId: `${IDS[type]}/${system}`,
    taskQueue,
    workflowTaskTimeout: '5s',
    args: [{ system, requestedBy: 'ana' }],
  });
  const report = await reportAtEnd(lane, handle, workers);
  return {
    outcome: report.outcome,
    operation: essence(report),
    backups: report.backups?.map(({ parts, rows, bytes }) => ({ parts, rows, bytes })),
    told: await place.told(report.runId),
    remains: remainsOf(lane),
    liveData: digestOf(liveData(place, system)),
  };
}

/** Copies and targets of the system that are still there, and processes that work in one or in namespaces of one. */
function remainsOf({ place: { data }, system }: Lane): string[] {
  const folders = ['copies', 'isolated'].map((name) => join(data, name));
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
