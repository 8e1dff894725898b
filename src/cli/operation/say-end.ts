// Prints how an operation ended and leaves with the exit code that says so.
import { commandText } from '../../domain/text/command-text.ts';
import { isRecord, textAt } from '../../domain/json.ts';
import { spanBetween } from '../../domain/text/markdown.ts';
import { capabilityWords } from '../../domain/rollout/capabilities.ts';
import type { OperationStatus } from '../../domain/operation/status.ts';
import type { CommonOptions } from '../command-options.ts';
import type { Temporal } from '../temporal/connect.ts';
import { askPlan } from './ask-status.ts';
import type { Ending, RunName } from './ending.ts';
import { EXIT, ExitError } from '../exit.ts';
import { printJson, printText } from '../output/print.ts';
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

/** Prints the end of an operation: of a dry run that went well the plan, of everything else the summary. */
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

/** How to wait for the operation that holds the lease, or to stop it; empty unless this one was refused for a lease. */
function holderLines({ outcome, message }: Ending): string[] {
  const holder =
    outcome === 'refused' ? / is being changed: (\S+\/\S+) \(/.exec(message)?.[1] : undefined;
  if (holder === undefined) return [];
  return [
    `  wait until it is over: ${commandText('status', holder)}`,
    `  or stop it: ${commandText('abort', holder)}`,
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

function planLines(plan: unknown): string[] {
  const steps = isRecord(plan) && Array.isArray(plan['steps']) ? plan['steps'] : [];
  const why = textAt(plan, 'nothingToDo');
  return [
    `plan of ${textAt(plan, 'operation') ?? 'an operation'}, digest ${textAt(plan, 'digest') ?? 'unknown'}`,
    ...carriedLines(plan),
    ...platformLines(plan),
    ...(why === undefined ? [] : [`nothing to do: ${why}`]),
    ...steps.flatMap(stepLines),
  ];
}

/** A roll-back: for how long all users were on what it goes back to. */
function carriedLines(plan: unknown): string[] {
  const carried = isRecord(plan) ? plan['carried'] : undefined;
  const since = textAt(carried, 'since');
  if (since === undefined) return [];
  const until = textAt(carried, 'until');
  const length = spanBetween(since, until ?? new Date().toISOString());
  const end = until === undefined ? `, for ${length} so far` : ` until ${until}, for ${length}`;
  return [`  back to ${textAt(plan, 'to') ?? 'it'}: all users were on it since ${since}${end}`];
}

/** What each service runs on, and what that can do: what a plan could ask for. */
function platformLines(plan: unknown): string[] {
  const platforms = isRecord(plan) && isRecord(plan['platforms']) ? plan['platforms'] : {};
  return Object.entries(platforms).map(
    ([service, platform]) =>
      `  ${service} runs on ${textAt(platform, 'kind') ?? 'a platform'}: ${capabilityWords(platform).join(', ')}`,
  );
}

function stepLines(step: unknown): string[] {
  const undo = textAt(step, 'undo') ?? 'none';
  const gate = textAt(step, 'gate');
  const differs = textAt(step, 'differs');
  return [
    `  ${textAt(step, 'id') ?? '?'}: ${textAt(step, 'title') ?? ''}`,
    ...(gate === undefined ? [] : [`      asks for ${gate} before the next step`]),
    `      undo: ${undo}`,
    ...(differs === undefined ? [] : [`      differs: ${differs}`]),
  ];
}
