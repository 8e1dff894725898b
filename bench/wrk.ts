// Runs wrk against one address and reads what it says. Used by proxy.ts.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findDebianProgram, librariesOf } from '../test/support/debian-program.ts';

const UNIT_MS: Record<string, number> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };

export interface WrkResult {
  perSecond: number;
  medianMs: number;
  /** Answers other than 2xx and 3xx, and connections that broke. */
  failed: number;
}

export async function runWrk(
  url: string,
  { lanes, seconds }: { lanes: number; seconds: number },
): Promise<WrkResult> {
  const program = findDebianProgram('wrk');
  if (program === undefined) throw new Error('wrk is not there');
  const args = ['--threads', '1', '--connections', String(lanes), '--duration', `${seconds}s`];
  const env = { ...process.env, ...librariesOf('wrk') };
  const { stdout } = await promisify(execFile)(program, [...args, '--latency', url], { env });
  return readWrk(stdout);
}

function readWrk(text: string): WrkResult {
  const latency = /^\s+50%\s+([\d.]+)(us|ms|s|m)\b/m.exec(text);
  const rate = /^Requests\/sec:\s+([\d.]+)/m.exec(text);
  if (latency === null || rate === null) throw new Error(`wrk said something else: ${text}`);
  const refused = /Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? '0';
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text);
  const broken = (errors ?? []).slice(1).reduce((sum, count) => sum + Number(count), 0);
  return {
    perSecond: Number(rate[1]),
    medianMs: Number(latency[1]) * (UNIT_MS[latency[2] ?? ''] ?? Number.NaN),
    failed: Number(refused) + broken,
  };
}
