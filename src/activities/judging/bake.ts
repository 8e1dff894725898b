// Waits for a stretch of observed time while a revision is judged: by its replicas, by analyses of its
// metrics, and by checks. Ends early on a verdict; a retried attempt goes on from the last heartbeat.
import type { BakeInput, BakePorts } from './bake-input.ts';
import {
  passTime,
  resumeBake,
  startBake,
  type BakeProgress,
} from '../../domain/analysis/bake-progress.ts';
import { bakeEnd, conclusion, nextDueIn } from '../../domain/analysis/bake-verdict.ts';
import type { Finding } from '../../domain/analysis/finding.ts';
import type { Verdict } from '../../domain/analysis/verdict.ts';
import { createBakeRounds } from './bake-round.ts';
import { preparedOf } from './bake-scrapes.ts';
import { BEAT_MS, beatWhile } from './beat-while.ts';
import type { Waiting } from '../../ports/waiting.ts';

export interface BakeResult {
  /** `decided`: a verdict came before the time was up. `interrupted`: aborted; resumes from `progress`. */
  ended: 'complete' | 'decided' | 'interrupted';
  verdict: Verdict;
  findings: Finding[];
  observedMs: number;
  /** The longest time that nobody looked. */
  gapMs: number;
  progress: BakeProgress;
}

/** Throws `Failure('BadInput', ...)` for an analysis that cannot be read. */
export async function bake(
  input: BakeInput,
  waiting: Waiting & { previous?: BakeProgress },
  ports: BakePorts,
): Promise<BakeResult> {
  const { clock } = ports;
  const { ms, checks, told = [] } = input;
  const alone = input.alone === true && input.preview !== true;
  const plan = { ms, checks, alone, told, analyses: preparedOf(input) };
  const now = clock.now();
  let progress =
    waiting.previous === undefined ? startBake(now) : resumeBake(waiting.previous, now);
  const alive: Waiting = {
    signal: waiting.signal,
    beat: () => {
      progress = passTime(progress, clock.now());
      waiting.beat(progress);
    },
  };
  const round = createBakeRounds(ports, input, plan);
  try {
    for (;;) {
      alive.beat();
      const timeUp = progress.observedMs >= plan.ms;
      // Time goes on in `progress` while the round looks outside, so it answers with changes.
      const change = await beatWhile(round(progress, alive), clock, alive);
      progress = change(passTime(progress, clock.now()));
      const end = bakeEnd(plan, progress, timeUp);
      if (end !== undefined) return result(end.ended, end, progress);
      alive.beat();
      await clock.sleep(nextDueIn(plan, progress, BEAT_MS), waiting.signal);
    }
  } catch (error) {
    if (!waiting.signal.aborted) throw error;
    progress = passTime(progress, clock.now());
    return result('interrupted', conclusion(plan, progress), progress);
  }
}

function result(
  ended: BakeResult['ended'],
  { verdict, findings }: { verdict: Verdict; findings: Finding[] },
  progress: BakeProgress,
): BakeResult {
  const { observedMs, gapMs } = progress;
  return { ended, verdict, findings, observedMs, gapMs, progress };
}
