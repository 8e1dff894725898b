// Prints how an operation ended and leaves with the exit code that says so.
import { commandText } from '../../domain/text/command-text.ts';
import { isRecord, textAt } from '../../domain/json.ts';
import { spanBetween } from '../../domain/text/markdown.ts';
import { capabilityWords } from '../../domain/rollout/capabilities.ts';
import type { OperationStatus } from '../../domain/operation/status.ts';
import type { CommonOptions } from '../command-options.ts';
import type { Temporal } from '../temporal/connect.ts';
import { askPlan } from './ask-status.ts';
import { passedOverIn } from '../../domain/backup/anomaly.ts';
import { besideLines } from './beside-lines.ts';
import type { Ending, RunName } from './ending.ts';
import type { Watched } from './follow.ts';
import { countOf, sizeOf } from '../../domain/text/amounts.ts';
import { withoutDryRun } from '../../runbooks/index.ts';
import { isDrill } from '../../reports/wording.ts';
import { EXIT, ExitError } from '../exit.ts';
import { printJson, printText } from '../output/print.ts';
import { usersNow } from './users-now.ts';
import { attention } from './view.ts';

type Closed = Extract<Watched, { end: 'closed' }>;

export async function sayParked(
  temporal: Temporal,
  status: OperationStatus,
  options: CommonOptions,
): Promise<never> {
  if (options.json === true) printJson(status);
  else printText(`${status.operation}: parked at ${status.step ?? 'a step'}`);
  throw new ExitError(
    EXIT.needsPerson,
    [
      `${status.operation} needs a person.`,
      ...(await usersNow(temporal, status.operation)),
      ...attention(status),
      '  after that, the same command as now follows it again',
    ].join('\n'),
  );
}

/** Prints the end of an operation: of a dry run that went well the plan, of everything else the summary. */
export async function sayClosed(
  temporal: Temporal,
  { run, ending, last }: Closed,
  options: CommonOptions,
  dryRun: boolean,
): Promise<void> {
  const plan = dryRun && ending.code === EXIT.done ? await askPlan(temporal, run) : undefined;
  if (options.json === true) printJson(plan ?? ending.json);
  else if (plan !== undefined) printText(planLines(plan).join('\n'));
  else printText(endLines(run, ending, last).join('\n'));
  if (ending.code === EXIT.needsPerson) {
    throw new ExitError(ending.code, (await usersNow(temporal, run.operation)).join('\n'));
  }
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

export function endLines(run: RunName, ending: Ending, last?: OperationStatus): string[] {
  const beside = besideLines(ending.message);
  const said = beside === undefined ? ending.message : (ending.verdict ?? '');
  const why =
    beside === undefined && last !== undefined && hasPassed(ending) ? passed(ending, last) : said;
  return [
    `${run.operation}: ${ending.outcome}${why === '' ? '' : `: ${why}`}`,
    ...dataLines(ending, last),
    ...(beside ?? []),
    ...holderLines(ending),
    ...ending.leftovers.map((line) => `  left over: ${line}`),
    ...ending.findings.map((line) => `  finding: ${line}`),
    ...(ending.backups.length === 0 ? [] : [`  report  ${commandText('report', run.operation)}`]),
  ];
}

const hasPassed = ({ outcome, verdict, backups }: Ending): boolean =>
  outcome === 'succeeded' && verdict === 'pass' && backups.length > 0;

/** The lines below say what the message of a drill does. */
function passed({ message }: Ending, last: OperationStatus): string {
  const checks = last.verdicts.length - 1;
  return `pass, ${isDrill(last) ? countOf(checks, 'check') : message}`;
}

/** Backups that were taken; or from which one it was proved that it can be recovered, how old that was and how long it took. */
function dataLines({ backups, verdict }: Ending, last: OperationStatus | undefined): string[] {
  const sizes = backups.map(({ id, bytes, parts, rows }) => {
    return `${id}  ${sizeOf(bytes)}, ${countOf(parts, 'part')}, ${countOf(rows, 'row')}`;
  });
  if (verdict === undefined) return sizes.map((line) => `  ${line}`);
  const measured = (last?.verdicts ?? []).flatMap(({ name, got, expected, reason }) => {
    const [what = '', datastore = ''] = name.split(' ');
    const title = TITLES[what];
    if (title === undefined) return [];
    const of = datastore === '' || backups.length === 1 ? '' : `${datastore}: `;
    const numbers = got === undefined || expected === undefined ? reason : `${got}, ${expected}`;
    return [`  ${title}     ${of}${numbers}`];
  });
  const notTaken = (last?.steps ?? []).flatMap(({ title }) => passedOverIn(title) ?? []);
  return [
    ...sizes.map((line) => `  from    ${line}`),
    ...notTaken.map((line) => `          ${line}`),
    ...measured,
  ];
}

/** Verdicts with numbers that people ask a proof for, by the first words of their names. */
const TITLES: Record<string, string> = { rpo: 'RPO', pointInTime: 'RPO', rto: 'RTO' };

function planLines(plan: unknown): string[] {
  const steps = isRecord(plan) && Array.isArray(plan['steps']) ? plan['steps'] : [];
  const why = textAt(plan, 'nothingToDo');
  return [
    `plan of ${withoutDryRun(textAt(plan, 'operation') ?? 'an operation')}, digest ${textAt(plan, 'digest') ?? 'unknown'}`,
    ...insteadLines(plan),
    ...noteLines(plan),
    ...carriedLines(plan),
    ...platformLines(plan),
    ...(why === undefined ? [] : [`nothing to do: ${why}`]),
    ...steps.flatMap(stepLines),
  ];
}

/** A plan that stands on a system file of before, because the one of now does not load. */
function insteadLines(plan: unknown): string[] {
  const instead = isRecord(plan) ? textAt(plan, 'instead') : undefined;
  return instead === undefined ? [] : [`  note: ${instead}`];
}

/** What has to be known beside the steps. */
function noteLines(plan: unknown): string[] {
  const notes = isRecord(plan) && Array.isArray(plan['notes']) ? plan['notes'] : [];
  return notes.flatMap((one) => (typeof one === 'string' ? [`  note: ${one}`] : []));
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
  const asks = gate === undefined ? '' : `, then asks for ${gate}`;
  const back = /^none\b/.test(undo) ? '' : ` (undo: ${undo})`;
  return [
    `  ${textAt(step, 'id') ?? '?'}: ${textAt(step, 'title') ?? ''}${asks}${back}`,
    ...(differs === undefined ? [] : [`      differs: ${differs}`]),
  ];
}
