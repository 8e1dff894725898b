// Waits for a stretch of observed time while a revision is judged: by its replicas, by analyses of its
// metrics, and by checks. Ends early on a verdict; a retried attempt goes on from the last heartbeat.
import type { Analysis, Check } from '../config/system.ts';
import { prepareAnalysis } from '../domain/analysis.ts';
import { passTime, resumeBake, startBake } from '../domain/bake-progress.ts';
import type { BakeProgress } from '../domain/bake-progress.ts';
import { bakeEnd, conclusion, nextDueIn } from '../domain/bake-verdict.ts';
import type { BakePlan } from '../domain/bake-verdict.ts';
import type { ServiceRef } from '../domain/model.ts';
import type { Finding, Verdict } from '../domain/verdict.ts';
import { createBakeRounds } from './bake-round.ts';
import { BEAT_MS, beatWhile } from './beat-while.ts';
import type { ChecksPort, Clock, MetricsPort, Waiting, WorkloadPort } from './ports.ts';

export interface BakeInput {
  service: ServiceRef;
  version: string;
  /** The revision that is judged. */
  revision: string;
  /** What it is compared with; left out when nothing else has traffic. */
  stable?: string;
  /** Milliseconds of observed time. */
  ms: number;
  analyses: Record<string, Analysis>;
  /** Run every two seconds all the while. */
  checks: Check[];
  /** Absolute folder that commands run in. */
  directory: string;
  /** Where users reach the service; without it, checks use the revision's preview address. */
  url?: string;
  /** Judged by what is asked on its preview address. */
  preview?: boolean;
}

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

export interface BakePorts {
  metrics: MetricsPort;
  workload: WorkloadPort;
  checks: ChecksPort;
  clock: Clock;
}

/** Throws `Failure('BadInput', ...)` for an analysis that cannot be read. */
export async function bake(
  input: BakeInput,
  waiting: Waiting & { previous?: BakeProgress },
  ports: BakePorts,
): Promise<BakeResult> {
  const { clock } = ports;
  const plan = planOf(input);
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

function planOf(input: BakeInput): BakePlan {
  const { revision, stable, ms, checks } = input;
  const subject = {
    revision,
    ...(stable !== undefined && { stable }),
    ...(input.preview === true && { preview: true }),
  };
  const analyses = Object.entries(input.analyses).map(([name, analysis]) =>
    prepareAnalysis(name, analysis, subject),
  );
  return { ms, analyses, checks };
}

function result(
  ended: BakeResult['ended'],
  { verdict, findings }: { verdict: Verdict; findings: Finding[] },
  progress: BakeProgress,
): BakeResult {
  const { observedMs, gapMs } = progress;
  return { ended, verdict, findings, observedMs, gapMs, progress };
}
