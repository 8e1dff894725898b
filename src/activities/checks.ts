// Runs the checks of a point, one after the other in the order of the system file; each becomes a finding.
import type { Check, CheckPoint } from '../config/system.ts';
import { Failure } from '../domain/failure.ts';
import type { ServiceRef } from '../domain/model.ts';
import type { Finding, Verdict } from '../domain/verdict.ts';
import { beatWhile } from './beat-while.ts';
import type { ChecksPort, Clock, Waiting } from './ports.ts';

export interface RunChecksInput {
  point: CheckPoint;
  service: ServiceRef;
  checks: Check[];
  /** What a path of a check is on: the preview address at `smoke`; no trailing slash. */
  address: string;
  /** Where users reach the service. */
  url: string;
  version: string;
  /** Absolute folder that commands run in. */
  directory: string;
}

export interface CheckResult {
  verdict: Verdict;
  reason: string;
}

/** One finding per check, failed or not: the first that fails does not hide the others. */
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
  const { check, address, url, version, directory } = input;
  try {
    const reason = await port.run({ check, address, url, version, directory }, waiting);
    return { verdict: 'pass', reason };
  } catch (error) {
    waiting.signal.throwIfAborted();
    if (!(error instanceof Failure)) throw error;
    if (error.kind === 'CheckFailed') return { verdict: 'fail', reason: error.message };
    return { verdict: 'inconclusive', reason: `could not be run: ${error.message}` };
  }
}
