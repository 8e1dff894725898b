// What a recovery does with derived datastores: an empty one in the live one's place, and the requests that fill it.
import {
  heldWords,
  judgeWarm,
  type Warmed,
  type WarmRequest,
} from '../../domain/recovery/derived.ts';
import { Failure } from '../../domain/failure.ts';
import type { Finding } from '../../domain/analysis/finding.ts';
import type { Call } from '../call.ts';
import { isolationOf } from '../platforms.ts';
import { answered, type DrillPorts, type TargetAt } from './drill.ts';
import type { CopyRef } from '../../ports/backups.ts';

export async function emptyCopy(
  { target }: { target: CopyRef },
  call: Call,
  { backups }: DrillPorts,
): Promise<{ detail: string }> {
  await call.token();
  await backups.empty({ ...target, owner: call.run }, call);
  const { kind } = target.store.settings;
  return { detail: `${target.copy} is there, of kind ${kind}, and holds nothing` };
}

export interface WarmInput extends TargetAt {
  /** The copy that is to be filled. */
  warmed: CopyRef;
  requests: WarmRequest[];
  /** Services that do not run are not asked. */
  running: string[];
}

/** Asks the warming requests one after the other, in the order of the system file; of each answer only the status counts. */
export async function warmCopy(
  { target, on, warmed, requests, running }: WarmInput,
  call: Call,
  ports: DrillPorts,
): Promise<Finding> {
  const isolation = isolationOf(ports.platforms, on);
  const before = await heldIn(warmed, call, ports);
  const asked: Warmed[] = [];
  for (const request of requests) {
    call.signal.throwIfAborted();
    const { service, port, path, timeoutMs } = request;
    const isUp = running.includes(service);
    const answer = isUp
      ? await answered(isolation.ask({ target, port, path, timeoutMs }, call))
      : undefined;
    asked.push({ request, answer });
    call.beat({ warming: path });
  }
  return judgeWarm(warmed.store.datastore, asked, {
    before,
    after: await heldIn(warmed, call, ports),
  });
}

/** For people: what cannot be counted is no verdict on the warming. */
async function heldIn(
  warmed: CopyRef,
  call: Call,
  { backups }: Pick<DrillPorts, 'backups'>,
): Promise<string> {
  try {
    const { contents } = await backups.fingerprint(warmed, call);
    return heldWords(backups.capabilities(warmed.store).counts, contents);
  } catch (error) {
    call.signal.throwIfAborted();
    if (error instanceof Failure) return 'not counted';
    throw error;
  }
}
