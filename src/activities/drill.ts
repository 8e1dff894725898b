// What a drill does outside: looks both ways, opens and closes isolated targets, proves their fence, starts services on
// copies, asks them. Verdicts go back, and no bodies, addresses or secrets.
import { Failure } from '../domain/failure.ts';
import { judgeFence, type FenceJudgement, type LivePlace } from '../domain/fence.ts';
import { judgeGolden, type GoldenAnswer } from '../domain/golden.ts';
import type { LoadedSystem } from '../domain/loaded-system.ts';
import { judgeAbility, judgeRoom, judgeRpo } from '../domain/preflight.ts';
import type { CopyBinding, GoldenRequest, RecoveredService } from '../domain/recovery-actions.ts';
import type { RecoveredPoint } from '../domain/plan-drill.ts';
import type { Finding } from '../domain/verdict.ts';
import type { Call } from './boundary.ts';
import type { BackupsPort, CopyAddress, DatastoreRef } from './ports-data.ts';
import type { IsolationPort } from './ports-isolation.ts';

export interface DrillPorts {
  backups: BackupsPort;
  isolation: IsolationPort;
}

/** `at`: when the operation began, which is when data was last written as far as a recovery is concerned. */
export async function lookBothWays(
  input: {
    recovered: (Pick<RecoveredPoint, 'datastore' | 'backup'> & { rpoMs: number })[];
    at: number;
  },
  call: Call,
  { backups, isolation }: DrillPorts,
): Promise<Finding[]> {
  const { recovered, at } = input;
  call.signal.throwIfAborted();
  return [
    ...recovered.map(({ datastore, backup, rpoMs }) => judgeRpo(datastore, backup, { at, rpoMs })),
    judgeRoom(
      recovered.map(({ backup }) => backup),
      await backups.room(),
    ),
    judgeAbility(await isolation.unable()),
  ];
}

export async function openTarget(
  input: { target: string; loaded: Pick<LoadedSystem, 'name' | 'directory'>; live: LivePlace[] },
  call: Call,
  { isolation }: DrillPorts,
): Promise<{ detail: string }> {
  const { target, loaded, live } = input;
  await call.fence();
  const { name: system, directory } = loaded;
  await isolation.open({ target, owner: call.run, system, directory, live }, call);
  await openOrThrow(isolation, target);
  return { detail: `${target} is open, and belongs to this run` };
}

/** Connects and nothing more; the target is empty as yet. */
export async function probeFence(
  { target, live }: { target: string; live: LivePlace[] },
  call: Call,
  { isolation }: DrillPorts,
): Promise<FenceJudgement> {
  return judgeFence(await isolation.probe({ target, live }, call), live);
}

/** A copy, as the activities on one are told of it. */
type BoundCopy = CopyBinding & { store: DatastoreRef };

/** What was judged is the service's from here on. */
export async function bindCopies(
  input: { target: string; bindings: BoundCopy[] },
  call: Call,
  { backups, isolation }: DrillPorts,
): Promise<{ detail: string }> {
  await call.fence();
  const bindings = [];
  for (const { copy, store, place } of input.bindings) {
    bindings.push({ place, copy: await backups.handOver({ copy, store }, call) });
  }
  await isolation.bind({ target: input.target, bindings }, call);
  const names = input.bindings.map(({ datastore }) => datastore).join(', ');
  return { detail: `inside ${input.target}, ${names} is the copy` };
}

/** `bindings`: the copies that the environment asks something of. */
export async function startIsolated(
  input: { target: string; program: RecoveredService; bindings?: BoundCopy[] },
  call: Call,
  { backups, isolation }: DrillPorts,
): Promise<{ detail: string }> {
  await call.fence();
  const { target, program, bindings = [] } = input;
  const { version: _, ...service } = program;
  const copies: Record<string, CopyAddress> = {};
  for (const { datastore, copy, store } of bindings) {
    copies[datastore] = await backups.handOver({ copy, store }, call);
  }
  return isolation.start({ target, ...service, copies }, call);
}

/** Each golden query, one after the other; one that is not answered is a fail of its own. */
export async function askGolden(
  { target, golden }: { target: string; golden: GoldenRequest[] },
  call: Call,
  { isolation }: DrillPorts,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const request of golden) {
    call.signal.throwIfAborted();
    const { port, path, timeoutMs } = request;
    const answer = await answered(isolation.ask({ target, port, path, timeoutMs }, call));
    findings.push(judgeGolden(request, answer));
  }
  return findings;
}

export async function closeTarget(
  { target }: { target: string },
  call: Call,
  { isolation }: DrillPorts,
): Promise<{ detail: string }> {
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
