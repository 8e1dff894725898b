// When the server took the signals of a run, from the run's own history: workflow code sees neither these times nor whether a
// signal or a timer came first.
import { getClient } from '@temporalio/activity';
import { unavailable } from './executions.ts';
import type { Call } from './call.ts';

/** By the names that are asked for: the server's time of each signal (ms), in the order in which the run is handed them. */
export async function readSignalTimes(
  names: string[],
  { run }: Call,
): Promise<Record<string, number[]>> {
  const times = new Map(names.map((name): [string, number[]] => [name, []]));
  for (const { eventTime, workflowExecutionSignaledEventAttributes: signal } of await history()) {
    const { seconds = 0, nanos = 0 } = eventTime ?? {};
    const at = Number(seconds) * 1000 + Number(nanos) / 1e6;
    times.get(signal?.signalName ?? '')?.push(at);
  }
  return Object.fromEntries(times);

  async function history() {
    try {
      const { events } = await getClient()
        .workflow.getHandle(run.workflowId, run.runId)
        .fetchHistory();
      return events ?? [];
    } catch (error) {
      throw unavailable(`reading the history of ${run.workflowId} (run ${run.runId})`, error);
    }
  }
}
