// What a recovery does with derived datastores: an empty one in the live one's place, and the requests that fill it.
import { heldWords, judgeWarm, type Warmed, type WarmRequest } from '../domain/derived.ts';
import { Failure } from '../domain/failure.ts';
import type { Finding } from '../domain/verdict.ts';
import type { Call } from './boundary.ts';
import { answered, type DrillPorts } from './drill.ts';
import type { CopyRef } from './ports-data.ts';

export async function emptyCopy(
  { target }: { target: CopyRef },
  call: Call,
  { backups }: DrillPorts,
): Promise<{ detail: string }> {
  await call.fence();
  const { kind } = await backups.empty({ ...target, owner: call.run }, call);
  return { detail: `${target.copy} is there, of kind ${kind}, and holds nothing` };
}

export interface WarmInput {
  target: string;
  /** The copy that is to be filled. */
  warmed: CopyRef;
  requests: WarmRequest[];
  /** Services that do not run are not asked. */
  running: string[];
}

/** One after the other, in the order of the system file; what each says is not looked at, but for its status. */
export async function warmCopy(
  { target, warmed, requests, running }: WarmInput,
  call: Call,
  ports: DrillPorts,
): Promise<Finding> {
  const before = await heldIn(warmed, call, ports);
  const asked: Warmed[] = [];
  for (const request of requests) {
    call.signal.throwIfAborted();
    const { service, port, path, timeoutMs } = request;
    const isUp = running.includes(service);
    const answer = isUp
      ? await answered(ports.isolation.ask({ target, port, path, timeoutMs }, call))
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
    return heldWords(warmed.store.settings.kind, contents);
  } catch (error) {
    call.signal.throwIfAborted();
    if (error instanceof Failure) return 'not counted';
    throw error;
  }
}
