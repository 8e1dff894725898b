// The heartbeat of an activity: Temporal hears of it every second, and a later attempt hears when it was last alive and how far
// it was.
import { Context } from '@temporalio/activity';
import { isRecord } from '../domain/json.ts';
import type { Clock } from '../ports/clock.ts';

interface Heartbeat {
  lastAt: number;
  progress: unknown;
}

const BEAT_EVERY_MS = 1000;

/** Beats from now on, and knows for how long nothing had beaten when that was longer than an outage. */
export function pulse(
  { aliveAt, resumeWithin }: { aliveAt: number; resumeWithin: number },
  details: unknown,
  clock: Clock,
) {
  const before = heartbeatOf(details);
  let progress = before?.progress;
  let alive = Math.max(aliveAt, before?.lastAt ?? 0);
  const beat = (now?: unknown): void => {
    if (now !== undefined) progress = now;
    const lastAt = clock.now();
    // A silence that was an outage stays one, although it beats again: somebody has to look first.
    if (lastAt - alive <= resumeWithin) alive = lastAt;
    Context.current().heartbeat({ lastAt, progress });
  };
  const beating = setInterval(beat, BEAT_EVERY_MS);
  return {
    previous: before?.progress,
    beat,
    silent: () => clock.now() - alive,
    stop: () => {
      clearInterval(beating);
    },
  };
}

function heartbeatOf(details: unknown): Heartbeat | undefined {
  if (!isRecord(details) || typeof details['lastAt'] !== 'number') return undefined;
  return { lastAt: details['lastAt'], progress: details['progress'] };
}
