// What a bake is told, and the ports that it looks through.
import type { Analysis, Check } from '../../config/system.ts';
import type { ServiceTarget } from '../../domain/rollout/service-target.ts';
import type { ChecksPort } from '../../ports/checks.ts';
import type { Clock } from '../../ports/clock.ts';
import type { MetricsPort } from '../../ports/metrics.ts';
import type { TrafficPort } from '../../ports/traffic.ts';
import type { WorkloadPort } from '../../ports/workload.ts';

export interface BakeInput {
  service: ServiceTarget;
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
  /** No other revision has users: too few requests are told and hold nothing up (not so of a preview). */
  alone?: boolean;
  /** Sentences that are told with the verdict, and judge nothing. */
  told?: string[];
}

export interface BakePorts {
  metrics: MetricsPort;
  workload: Pick<WorkloadPort, 'revisions'>;
  traffic: Pick<TrafficPort, 'mark' | 'revisionHeader'>;
  checks: ChecksPort;
  clock: Clock;
}
