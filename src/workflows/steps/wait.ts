// Waiting for people, without a deadline: their messages are recorded as they come, and the wait is no outage.
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

/** Writes what is not written yet before people are waited for. */
export async function writeRecord(run: Run, summary: string): Promise<void> {
  await call(run, 'recordEvidence', null, {
    profile: 'look',
    step: run.progress.step ?? 'record',
    summary,
  });
}
