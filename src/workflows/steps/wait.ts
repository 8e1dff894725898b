// Waiting for people, and for moments: messages are recorded as they come, and a wait for people is no outage.
import { condition } from '@temporalio/workflow';
import { call } from './call.ts';
import type { Run } from './run.ts';
import { settleMessages } from './settle-messages.ts';

/** Waits for people: however long that takes, and however it ends, it is no time without a worker. */
export async function waiting(run: Run, work: () => Promise<void>): Promise<void> {
  const from = Date.now();
  run.people.waitingSince = from;
  try {
    await work();
  } finally {
    delete run.people.waitingSince;
    run.progress.aliveAt = Date.now();
    run.people.waitedMs += run.progress.aliveAt - from;
  }
}

/** Waits without a deadline; messages that come in meanwhile are recorded as they come. */
export async function settledUntil(run: Run, over: () => boolean): Promise<void> {
  while (!over()) {
    await condition(() => over() || run.people.received.length > 0);
    await settleMessages(run);
  }
}

/** Waits until a moment (ms); true when it was over before. Messages that come in meanwhile are recorded as they come. */
export async function overBefore(
  run: Run,
  at: number,
  over: () => boolean,
  summary: string,
): Promise<boolean> {
  while (!over()) {
    const left = at - Date.now();
    if (left <= 0) return false;
    const isWoken = () => over() || run.people.received.length > 0;
    if (!(await condition(isWoken, left, { summary }))) return false;
    await settleMessages(run);
  }
  return true;
}

/** Writes what is not written yet before people are waited for. */
export async function writeRecord(run: Run, summary: string): Promise<void> {
  await call(run, 'recordEvidence', null, {
    profile: 'look',
    step: run.progress.step ?? 'record',
    summary,
  });
}
