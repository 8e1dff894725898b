// What a drill does outside: looks both ways, opens and closes isolated targets, proves their isolation, starts services on
// copies, asks them. Verdicts go back, and no bodies, addresses or secrets.
import { Failure } from '../../domain/failure.ts';
import {
  judgeIsolation,
  type IsolationJudgement,
  type LivePlace,
} from '../../domain/recovery/isolation.ts';
import { judgeGolden, type GoldenAnswer } from '../../domain/recovery/golden.ts';
import type { LoadedSystem } from '../../domain/loaded-system.ts';
import { judgeAbility, judgeRoom, judgeRpo } from '../../domain/recovery/preflight.ts';
import type {
  MountedCopy,
  GoldenRequest,
  RecoveredService,
} from '../../domain/recovery/recovery-actions.ts';
import type { RecoveredPoint } from '../../domain/recovery/recovered.ts';
import type { Finding } from '../../domain/analysis/finding.ts';
import type { PlatformKind } from '../../domain/rollout/service-target.ts';
import type { Call } from '../call.ts';
import { isolationOf, unableToIsolate, type Platforms } from '../platforms.ts';
import type { BackupsPort, CopyAddress, DatastoreRef } from '../../ports/backups.ts';
import type { IsolationPort } from '../../ports/isolation.ts';

export interface DrillPorts {
  backups: BackupsPort;
  platforms: Platforms;
}

/** An isolated target, and the platform that it is on. */
export interface TargetAt {
  target: string;
  on: PlatformKind;
}

/** `at`: when the operation began, which is when data was last written as far as a recovery is concerned. */
export async function lookBothWays(
  input: {
    recovered: (Pick<RecoveredPoint, 'datastore' | 'backup'> & { rpoMs: number })[];
    at: number;
    /** The platform that is to isolate. */
    on: PlatformKind;
  },
  call: Call,
  { backups, platforms }: DrillPorts,
): Promise<Finding[]> {
  const { recovered, at, on } = input;
  call.signal.throwIfAborted();
  return [
    ...recovered.map(({ datastore, backup, rpoMs }) => judgeRpo(datastore, backup, { at, rpoMs })),
    judgeRoom(
      recovered.map(({ backup }) => backup),
      await backups.room(),
    ),
    judgeAbility(await unableToIsolate(platforms, on)),
  ];
}

export async function openTarget(
  input: TargetAt & { loaded: Pick<LoadedSystem, 'name' | 'directory'>; live: LivePlace[] },
  call: Call,
  { platforms }: DrillPorts,
): Promise<{ detail: string }> {
  const { target, on, loaded, live } = input;
  const isolation = isolationOf(platforms, on);
  await call.token();
  const { name: system, directory } = loaded;
  await isolation.open({ target, owner: call.run, system, directory, live }, call);
  await openOrThrow(isolation, target);
  return { detail: `${target} is open, and belongs to this run` };
}

/** Connects and nothing more; the target is empty as yet. */
export async function probeIsolation(
  { target, on, live }: TargetAt & { live: LivePlace[] },
  call: Call,
  { platforms }: DrillPorts,
): Promise<IsolationJudgement> {
  return judgeIsolation(await isolationOf(platforms, on).probe({ target, live }, call), live);
}

/** A copy, as the activities on one are told of it. */
type MountedCopyAt = MountedCopy & { store: DatastoreRef };

/** What was judged is the service's from here on. */
export async function bindCopies(
  input: TargetAt & { mounts: MountedCopyAt[] },
  call: Call,
  { backups, platforms }: DrillPorts,
): Promise<{ detail: string }> {
  await call.token();
  const mounts = [];
  for (const { copy, store, place } of input.mounts) {
    mounts.push({ place, copy: await backups.handOver({ copy, store }, call) });
  }
  const seen = await isolationOf(platforms, input.on).mount({ target: input.target, mounts }, call);
  const names = input.mounts.map(({ datastore }) => datastore).join(', ');
  const detail = `inside ${input.target}, ${names} is the copy`;
  return { detail: seen === '' ? detail : `${detail}; ${seen}` };
}

/** `mounts`: the copies that the environment asks something of. */
export async function startIsolated(
  input: TargetAt & { program: RecoveredService; mounts?: MountedCopyAt[] },
  call: Call,
  { backups, platforms }: DrillPorts,
): Promise<{ detail: string }> {
  await call.token();
  const { target, on, program, mounts = [] } = input;
  const { version: _, ...service } = program;
  const copies: Record<string, CopyAddress> = {};
  for (const { datastore, copy, store } of mounts) {
    copies[datastore] = await backups.handOver({ copy, store }, call);
  }
  return isolationOf(platforms, on).start({ target, ...service, copies }, call);
}

/** Each golden query, one after the other; one that is not answered is a fail of its own. */
export async function askGolden(
  { target, on, golden }: TargetAt & { golden: GoldenRequest[] },
  call: Call,
  { platforms }: DrillPorts,
): Promise<Finding[]> {
  const isolation = isolationOf(platforms, on);
  const findings: Finding[] = [];
  for (const request of golden) {
    call.signal.throwIfAborted();
    const { port, path, timeoutMs } = request;
    const answer = await answered(isolation.ask({ target, port, path, timeoutMs }, call));
    findings.push(judgeGolden(request, answer));
  }
  // What answers and then ends has answered nobody for long.
  for (const service of new Set(golden.map((one) => one.service))) {
    const ended = await isolation.endedSince({ target, service }, call);
    if (ended !== undefined) findings.push(endedAfter(service, ended));
  }
  return findings;
}

function endedAfter(service: string, ended: string): Finding {
  const about = { name: `${service} after its last answer`, samples: 1, expected: 'runs' };
  const reason = `${service} ended right after the last golden query: ${ended}`;
  return { ...about, verdict: 'fail', reason, got: 'ended' };
}

export async function closeTarget(
  { target, on }: TargetAt,
  call: Call,
  { platforms }: DrillPorts,
): Promise<{ detail: string }> {
  const isolation = isolationOf(platforms, on);
  await isolation.close({ target, owner: call.run }, call);
  const left = (await isolation.list()).find((one) => one.target === target);
  if (left !== undefined && left.owner.workflowId !== call.run.workflowId) {
    return { detail: `${target} belongs to ${left.owner.workflowId}, and was left alone` };
  }
  if (left !== undefined)
    throw new Failure('Unavailable', `the target ${target} is still there after its end`);
  return { detail: `${target} is gone, and all that ran in it` };
}

async function openOrThrow(isolation: IsolationPort, target: string): Promise<void> {
  const open = (await isolation.list()).some((one) => one.target === target);
  if (!open) throw new Failure('Broken', `${target} was opened, and is not there`);
}

/** No answer is an answer too. */
export async function answered(asking: Promise<GoldenAnswer>): Promise<GoldenAnswer> {
  try {
    return await asking;
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== 'CheckFailed') throw error;
    return { problem: error.message };
  }
}
