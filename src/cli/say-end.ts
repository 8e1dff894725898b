// Prints how an operation ended and leaves with the exit code that says so.
import type { OperationStatus } from '../domain/status.ts';
import type { CommonOptions } from './command-options.ts';
import type { Temporal } from './connect.ts';
import type { Ending, RunName } from './ending.ts';
import { EXIT, ExitError } from './exit.ts';
import { planLines } from './plan-lines.ts';
import { printJson, printText } from './print.ts';
import { attention } from './view.ts';

export function sayParked(status: OperationStatus, options: CommonOptions): never {
  if (options.json === true) printJson(status);
  else printText(`${status.operation}: parked at ${status.step ?? 'a step'}`);
  throw new ExitError(
    EXIT.needsPerson,
    [
      `${status.operation} needs a person.`,
      ...attention(status),
      '  after that, the same command as now follows it again',
    ].join('\n'),
  );
}

/** A dry run that went well prints its plan; everything else its summary. */
export async function sayClosed(
  temporal: Temporal,
  run: RunName,
  ending: Ending,
  options: CommonOptions,
  dryRun: boolean,
): Promise<void> {
  const plan = dryRun && ending.code === EXIT.done ? await askPlan(temporal, run) : undefined;
  if (options.json === true) printJson(plan ?? ending.json);
  else if (plan !== undefined) printText(planLines(plan).join('\n'));
  else printText(endLines(run, ending).join('\n'));
  if (ending.code !== EXIT.done) throw new ExitError(ending.code, '');
}

/** Somebody else's operation was in the way. */
function holderLines({ outcome, message }: Ending): string[] {
  const holder =
    outcome === 'refused' ? / is being changed: (\S+\/\S+) \(/.exec(message)?.[1] : undefined;
  if (holder === undefined) return [];
  return [
    `  wait until it is over: fairlead status ${holder}`,
    `  or stop it: fairlead abort ${holder}`,
  ];
}

export function endLines(run: RunName, ending: Ending): string[] {
  const because = ending.message === '' ? '' : `: ${ending.message}`;
  return [
    `${run.operation}: ${ending.outcome}${because}`,
    ...ending.backups.map((id) => `  ${id}`),
    ...holderLines(ending),
    ...ending.leftovers.map((line) => `  left over: ${line}`),
    ...ending.findings.map((line) => `  finding: ${line}`),
  ];
}

async function askPlan(temporal: Temporal, run: RunName): Promise<unknown> {
  const handle = temporal.client.workflow.getHandle(run.workflowId, run.runId);
  try {
    return await temporal.client.withDeadline(Date.now() + 10_000, () => handle.query('plan'));
  } catch {
    // The worker went away just now: the summary says how it ended, and that is enough.
    return undefined;
  }
}
