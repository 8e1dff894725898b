// Runs the checks of a point, one after the other in the order of the system file; each becomes a finding.
import type { Check, CheckPoint } from '../../config/system.ts';
import { Failure } from '../../domain/failure.ts';
import type { Finding } from '../../domain/analysis/finding.ts';
import type { Verdict } from '../../domain/analysis/verdict.ts';
import { beatWhile } from './beat-while.ts';
import type { CheckInput, ChecksPort } from '../../ports/checks.ts';
import type { Clock } from '../../ports/clock.ts';
import type { TrafficPort } from '../../ports/traffic.ts';
import type { Waiting } from '../../ports/waiting.ts';

export interface RunChecksInput {
  point: CheckPoint;
  checks: Check[];
  /** What a path of a check is on: the preview address at `smoke`; no trailing slash. */
  address: string;
  /** Where users reach the service. */
  url: string;
  /** What is sent with a request to either of them. */
  headers: () => Promise<Record<string, string>>;
  version: string;
  /** Absolute folder that commands run in. */
  directory: string;
  /** Whose answers count, where the platform says who answered. */
  reached?: NonNullable<CheckInput['reached']>;
}

/** What says that an answer came from a revision; undefined where the platform does not say it. */
export function reachedBy(
  { revisionHeader: header }: Pick<TrafficPort, 'revisionHeader'>,
  revision: string,
): CheckInput['reached'] {
  return header === undefined ? undefined : { header, revision };
}

export interface CheckResult {
  verdict: Verdict;
  reason: string;
}

/** Runs checks and gives one finding per check, failed or not: the first that fails does not hide the others. */
export async function runChecks(
  input: RunChecksInput,
  waiting: Waiting,
  ports: { checks: ChecksPort; clock: Clock },
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const check of input.checks) {
    waiting.beat();
    const running = runCheck(ports.checks, { ...input, check }, waiting);
    const { verdict, reason } = await beatWhile(running, ports.clock, waiting);
    findings.push({ name: check.name, verdict, reason, samples: 1 });
  }
  return findings;
}

/** A check that could not be run is inconclusive. Throws when aborted, and what is no `Failure`. */
export async function runCheck(
  port: ChecksPort,
  input: Parameters<ChecksPort['run']>[0],
  waiting: Waiting,
): Promise<CheckResult> {
  const { check, address, url, version, directory, headers, reached } = input;
  const asked = { check, address, url, version, directory, headers };
  try {
    const reason = await port.run({ ...asked, ...(reached && { reached }) }, waiting);
    return { verdict: 'pass', reason };
  } catch (error) {
    waiting.signal.throwIfAborted();
    if (!(error instanceof Failure)) throw error;
    if (error.kind === 'CheckFailed') return { verdict: 'fail', reason: error.message };
    return { verdict: 'inconclusive', reason: `could not be run: ${error.message}` };
  }
}
