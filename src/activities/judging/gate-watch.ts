// Watches while people are waited for: repeats the bake of a step, each judged anew, until one fails or the operation
// cancels it. What it knows lives in its heartbeat, so that an attempt on another worker goes on with it.
import { isBakeProgress } from '../../domain/analysis/bake-progress.ts';
import {
  endOfWatch,
  isGateWatchProgress,
  judgedOnce,
  sawNothingAt,
  startGateWatch,
  type GateWatchEnd,
  type GateWatchProgress,
} from '../../domain/analysis/gate-watch.ts';
import { Failure } from '../../domain/failure.ts';
import type { Call } from '../call.ts';
import type { BakeResult } from './bake.ts';
import { bakeAt, type BakeAtInput, type JudgePorts } from './on-platform.ts';

/** The shortest bake (ms) that is repeated: a step may ask for none. */
const SHORTEST_MS = 1000;
/** How long (ms) it waits before it looks again after it could not. */
const BLIND_PAUSE_MS = 2000;

/** Ends on a fail, and when it is cancelled; whatever else happens is said in the heartbeat, and looked at again. */
export async function watchWhileWaiting(
  input: BakeAtInput,
  call: Call,
  ports: JudgePorts,
): Promise<GateWatchEnd> {
  const { clock } = ports;
  let progress = isGateWatchProgress(call.previous)
    ? call.previous
    : startGateWatch(call.step, clock.now(), input.resume);
  const beat = (next: GateWatchProgress): void => {
    progress = next;
    call.beat(progress);
  };
  const one = { ...input, ms: lengthOf(input) };
  for (;;) {
    beat(progress);
    const began = clock.now();
    const result = await bakeOnce(one, progress, beat, call, ports);
    if (result?.verdict === 'fail') {
      return { ...endOfWatch(judgedOnce(progress, clock.now(), result)), failed: result.findings };
    }
    if (result !== undefined) beat(judgedOnce(progress, clock.now(), result));
    if (call.signal.aborted) break;
    const pause = result === undefined ? BLIND_PAUSE_MS : began + SHORTEST_MS - clock.now();
    if (!(await slept(pause, call, ports))) break;
  }
  // A worker that stops leaves the watch to another one, which goes on from the heartbeat.
  if (!call.givenUp()) call.signal.throwIfAborted();
  return endOfWatch(progress);
}

/** At least one measurement of each analysis has to fit in. */
function lengthOf({ ms, analyses }: BakeAtInput): number {
  return Math.max(SHORTEST_MS, ms, ...Object.values(analyses).map((one) => one.interval));
}

/** The bake that comes now; undefined when nothing could be looked at, which is in the progress then, and when it was cut off: the half of a bake is no verdict. */
async function bakeOnce(
  input: BakeAtInput,
  progress: GateWatchProgress,
  beat: (next: GateWatchProgress) => void,
  call: Call,
  ports: JudgePorts,
): Promise<BakeResult | undefined> {
  const { blind: _, ...seeing } = progress;
  const inside: Call = {
    ...call,
    previous: progress.bake,
    beat: (bake) => {
      if (isBakeProgress(bake)) beat({ ...seeing, bake });
      else call.beat();
    },
  };
  try {
    const result = await bakeAt(input, inside, ports);
    return result.ended === 'interrupted' ? undefined : result;
  } catch (error) {
    if (call.signal.aborted) return undefined;
    const reason = error instanceof Failure ? error.message : String(error);
    beat(sawNothingAt(progress, ports.clock.now(), reason));
    return undefined;
  }
}

/** Whether it may go on after it. */
async function slept(ms: number, { signal }: Call, { clock }: JudgePorts): Promise<boolean> {
  if (ms > 0) await clock.sleep(ms, signal).catch(() => undefined);
  return !signal.aborted;
}
