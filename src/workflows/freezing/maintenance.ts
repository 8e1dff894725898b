// The time before a maintenance window opens: people are told when that is, and nothing is changed, held or planned until then.
import { loadedOf, type Run } from '../steps/run.ts';
import { record } from '../steps/record.ts';
import { tellChannel } from '../steps/notices.ts';
import { overBefore, waiting, writeRecord } from '../steps/wait.ts';

/** At once for one that opens at once, and for whoever opens none. */
export async function announceWindow(run: Run): Promise<void> {
  const { opens } = run.freezing;
  const { request, runbook, operation } = run;
  if (runbook.opensWindow !== true || request.dryRun === true) return;
  const from = opens === undefined ? 'now' : `at ${opens.text}`;
  const text = `${request.system} is taken down for maintenance ${from} (${operation}: ${request.runbook ?? ''})`;
  record(run, { type: 'finding', text });
  for (const channel of Object.keys(loadedOf(run).system.notify ?? {})) {
    await tellChannel(run, 'notice', { channel, text });
  }
  if (opens === undefined) return;
  run.progress.leaseWait = `the window ${request.window ?? ''} opens at ${opens.text}`;
  await writeRecord(run, `Wait for the window ${request.window ?? ''}`);
  const summary = 'Until the maintenance window opens';
  await waiting(run, async () => {
    await overBefore(run, opens.start, () => false, summary);
  });
  delete run.progress.leaseWait;
}
