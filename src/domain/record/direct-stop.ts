// A stop that asks no Temporal server: what it is asked with, and what came of it.
import type { FailureKind } from '../failure.ts';
import type { Report } from './report.ts';

export interface DirectStopRequest {
  system: string;
  service?: string;
  /** Who asks. */
  requestedBy: string;
  /** Why; redacted like that of an operation. */
  reason?: string | null;
}

export interface DirectStop {
  report: Report;
  /** Why its record is not kept; the report has it all the same. */
  unkept?: string;
}

/** Stops the services of a system that have traffic. Settings are those of a worker, from `env`. `failed`: nothing was stopped. */
export type StopWithoutTemporal = (
  request: DirectStopRequest,
  env: Readonly<Record<string, string | undefined>>,
) => Promise<DirectStop | { failed: { kind: FailureKind; message: string } }>;
