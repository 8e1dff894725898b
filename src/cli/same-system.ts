// Is a running operation working with the system file as it is now? Unknown on either side counts as the same.
import { askStatus } from './ask-status.ts';
import { isSystemStatus } from './answers.ts';
import type { Temporal } from './connect.ts';
import type { RunName } from './ending.ts';
import { inspect } from './inspect.ts';

export async function compareSystem(
  temporal: Temporal,
  run: RunName,
  request: Record<string, unknown>,
): Promise<string[]> {
  const { system } = request;
  const answer = await askStatus(temporal, run, 4_000);
  if (answer.from !== 'worker' || typeof system !== 'string') return [];
  const theirs = answer.status.systemDigest;
  if (theirs === undefined) return [];
  const now = await inspect(temporal, { system }).catch(() => undefined);
  const ours = isSystemStatus(now) ? now.systemDigest : undefined;
  if (ours === undefined || ours === theirs) return [];
  return [`the system file of ${system} was changed since it started`];
}
