// What comes after a stop, which waited for nobody's lease: operations that hold leases of its services give way, and what they
// gave traffic meanwhile is stopped too.
import { CancellationScope } from '@temporalio/workflow';
import { startMachine } from '../../domain/operation/machine.ts';
import { stopTimes } from '../../domain/operation/stop-times.ts';
import { total } from '../../domain/traffic/weights.ts';
import { leasedBy } from '../../runbooks/runbook.ts';
import { call, failureOf, type ValueOf } from './call.ts';
import type { End } from './close.ts';
import { record, recordWeights } from './record.ts';
import { loadedOf, type Run } from './run.ts';

/** How the operation ends after that: with what has traffic all the same left over. */
export async function makeWay(run: Run, end: End): Promise<End> {
  const { runbook, request } = run;
  const of = leasedBy(runbook, request, loadedOf(run).system);
  run.progress.leaseWait =
    'users are kept out; waits until what changes these services has given way';
  const asked = await cleared(run, of);
  delete run.progress.leaseWait;
  const made = typeof asked === 'string' ? [] : asked;
  recordWays(run, made);
  const problems = [
    ...(typeof asked === 'string' ? [`what else changes these services goes on: ${asked}`] : []),
    ...made.flatMap(({ problem }) => problem ?? []),
    ...stillOpen(run, made),
  ];
  const machine = run.progress.machine ?? startMachine([], runbook.policy);
  run.progress.machine = { ...machine, leftovers: [...machine.leftovers, ...problems] };
  if (problems.length > 0) return { ...end, outcome: 'failed', message: problems.join('; ') };
  const again = made.filter(({ weights }) => weights !== undefined).map(({ service }) => service);
  const times = stopTimes(run.progress.results);
  if (end.outcome === 'succeeded' && times !== undefined) return { ...end, message: times };
  if (end.outcome !== 'nothingToDo' || again.length === 0) return end;
  return {
    outcome: 'succeeded',
    message: `stopped ${again.join(', ')}, which got traffic meanwhile`,
  };
}

function recordWays(run: Run, made: ValueOf<'makeWay'>): void {
  const { system } = run.request;
  for (const { service, note, left, weights } of made) {
    if (note !== '') record(run, { type: 'finding', text: `${system}/${service}: ${note}` });
    if (left !== undefined) record(run, { type: 'finding', text: left });
    if (weights !== undefined) recordWeights(run, service, weights);
  }
}

/** Steps that left it to this because a newer operation had changed their service. */
function stillOpen({ progress, traffic, request }: Run, made: ValueOf<'makeWay'>): string[] {
  return progress.results.flatMap(({ step: { action }, result }) => {
    if (action.kind !== 'stop' || result.event.type !== 'done') return [];
    const { service } = action;
    if (total(traffic.weights[service] ?? []) === 0) return [];
    if (made.some((one) => one.service === service && one.problem !== undefined)) return [];
    return [`${request.system}/${service} was not stopped: ${result.detail}`];
  });
}

/** A sentence when it could not be done: users are kept out all the same. */
async function cleared(run: Run, of: string[]): Promise<ValueOf<'makeWay'> | string> {
  const summary = 'Make what changes these services give way';
  const options = { profile: 'wait', step: 'make-way', summary } as const;
  const scope = new CancellationScope();
  run.progress.scope = scope;
  try {
    const asked = { of, kind: run.runbook.kind };
    return (await scope.run(() => call(run, 'makeWay', asked, options))).value;
  } catch (error) {
    const why = failureOf(error)?.message;
    if (why === undefined) throw error;
    return why;
  }
}
