// The plan of a runbook of steps: its steps from top to bottom, with the inputs filled in. Pure.
import type {
  Look,
  Step,
  StepChange,
  StepCheck,
  StepsRunbook,
} from '../../config/steps/runbook-schema.ts';
import type { PlanStep } from '../operation/plan.ts';
import { shellWord } from '../text/command-text.ts';
import { durationText } from '../text/duration-text.ts';
import { NO_UNDO } from '../text/plan-words.ts';
import type { OperationAsked, StepsAction } from './actions.ts';
import { consentOf } from './consent.ts';
import { filledIn, type Inputs } from './inputs.ts';

const LOOK_MS = 30_000;
const DO_MS = 5 * 60_000;
const LONGEST_TITLE = 200;

/** Which runbook of the table an operation of a step is, by what the step calls it. Throws BadInput for what it does not take. */
export type OperationChoice = (
  name: string,
  asked: OperationAsked,
) => { runbook: string; summary: string };

export function planSteps(
  { steps }: Pick<StepsRunbook, 'steps'>,
  inputs: Inputs,
  choose: OperationChoice,
): PlanStep[] {
  const consents = new Set(steps.filter((one) => one.approval !== undefined).map(({ id }) => id));
  return steps.flatMap((step) => {
    const action = filledAction(step, inputs, choose, consents);
    const own = {
      id: step.id,
      title: titleOf(action, step.timeout),
      undo: undoWords(step, inputs),
      action,
      ...(step.onFailure !== undefined && { onFailure: step.onFailure }),
    };
    return step.approval === undefined ? [own] : [consentStep(own, step.approval), own];
  });
}

function consentStep(
  { id, title, action }: PlanStep & { action: StepsAction },
  gate: string,
): PlanStep {
  const when = action.when === undefined ? {} : { when: action.when };
  return {
    id: consentOf(id),
    title: `Ask before ${id}: ${title}`.slice(0, LONGEST_TITLE),
    undo: NO_UNDO,
    action: { kind: 'consent', before: id, ...when },
    gate,
  };
}

function filledAction(
  step: Step,
  inputs: Inputs,
  choose: OperationChoice,
  consents: ReadonlySet<string>,
): StepsAction {
  const when = step.when === undefined ? {} : { when: filledCheck(step.when, inputs) };
  return { ...when, ...bareAction(step, inputs, choose, consents) };
}

function bareAction(
  step: Step,
  inputs: Inputs,
  choose: OperationChoice,
  consents: ReadonlySet<string>,
): StepsAction {
  const { choose: question, operation } = step;
  const fill = (text: string): string => filledIn(text, inputs);
  if (step.do !== undefined) return filledDo(step, step.do, inputs);
  if (question !== undefined) return filledChoose(question, consents, fill);
  if (operation !== undefined) return filledOperation(operation, choose, fill);
  return filledLooks(step, inputs) ?? laterAction(step, fill);
}

function filledLooks(step: Step, inputs: Inputs): StepsAction | undefined {
  const { id, look, parallel } = step;
  const looks = look === undefined ? parallel : [{ id, look }];
  return looks === undefined
    ? undefined
    : {
        kind: 'look',
        looks: looks.map((one) => ({ name: one.id, look: filledLook(one.look, inputs) })),
        timeout: step.timeout ?? LOOK_MS,
      };
}

/** Whoever chooses a step chooses that people are asked before it, too. */
function filledChoose(
  { question, options }: NonNullable<Step['choose']>,
  consents: ReadonlySet<string>,
  fill: (text: string) => string,
): StepsAction {
  const filled: Record<string, string[]> = {};
  for (const [name, ids] of Object.entries(options)) {
    filled[name] = ids.flatMap((id) => (consents.has(id) ? [consentOf(id), id] : [id]));
  }
  return { kind: 'choose', question: fill(question), options: filled };
}

function laterAction(
  { id, manual, undo, wait, tell }: Step,
  fill: (text: string) => string,
): StepsAction {
  if (manual !== undefined) {
    const back = typeof undo === 'string' && undo !== 'none' ? fill(undo) : null;
    return { kind: 'manual', text: fill(manual), back };
  }
  if (tell !== undefined) return { kind: 'tell', channel: tell.channel, text: fill(tell.text) };
  if (wait?.until !== undefined) {
    const { until: check, every, atMost = 0 } = wait;
    return { kind: 'await', check: filledWith(check, fill), every, atMost };
  }
  if (wait?.for !== undefined) return { kind: 'pause', ms: wait.for };
  throw new Error(`the step ${id} does nothing: a bug in config/steps`);
}

function filledDo(step: Step, made: NonNullable<Step['do']>, inputs: Inputs): StepsAction {
  const { check = 'none', why: _, ...change } = made;
  return {
    kind: 'do',
    change: filledChange(change, inputs),
    check: check === 'none' ? null : filledCheck(check, inputs),
    back: typeof step.undo === 'object' ? filledChange(step.undo, inputs) : null,
    timeout: step.timeout ?? DO_MS,
  };
}

function filledOperation(
  operation: NonNullable<Step['operation']>,
  choose: OperationChoice,
  fill: (text: string) => string,
): StepsAction {
  const [asks] = Object.entries(operation);
  const [name, request] = asks ?? ['', {}];
  const asked: OperationAsked = {};
  for (const [key, value] of Object.entries<unknown>(request)) {
    if (typeof value === 'number' || typeof value === 'boolean') asked[key] = value;
    else if (typeof value === 'string') asked[key] = asNumber(key, fill(value));
  }
  return { kind: 'operation', ...choose(name, asked), asked };
}

/** An input that is filled in is a text; these are numbers. */
function asNumber(key: string, value: string): string | number {
  return ['replicas', 'percent', 'initialWeight'].includes(key) &&
    value.trim() !== '' &&
    !Number.isNaN(Number(value))
    ? Number(value)
    : value;
}

function filledLook(look: Look, inputs: Inputs): Look {
  const fill = (text: string): string => filledIn(text, inputs);
  const { files } = look;
  return { ...filledWith(look, fill, inputs), ...(files !== undefined && { files: fill(files) }) };
}

function filledCheck(check: StepCheck, inputs: Inputs): StepCheck {
  const fill = (text: string): string => filledIn(text, inputs);
  const { contains } = check;
  const filled = filledWith(check, fill, inputs);
  return { ...filled, ...(contains !== undefined && { contains: fill(contains) }) };
}

function filledChange(change: StepChange, inputs: Inputs): StepChange {
  const fill = (text: string): string => filledIn(text, inputs);
  const { http } = change;
  const url = http && filledIn(http.url, inputs, encodeURIComponent);
  const body = http?.body === undefined ? {} : { body: fill(http.body) };
  const { http: _, ...rest } = change;
  const filled = filledWith(rest, fill);
  const headers =
    http?.headers === undefined ? {} : { headers: filledSettings(http.headers, fill) };
  return {
    ...filled,
    ...(http && url !== undefined && { http: { ...http, url, ...body, ...headers } }),
  };
}

/** Values that are texts; a reference to a secret stays one. */
function filledSettings(
  settings: NonNullable<Look['environment']>,
  fill: (text: string) => string,
): NonNullable<Look['environment']> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      name,
      typeof value === 'string' ? fill(value) : value,
    ]),
  );
}

/** A command by its arguments, an address with values encoded, a query by its values: nothing goes through a shell or into SQL. */
function filledWith<
  Asked extends Pick<Look, 'command' | 'query' | 'environment'> & { http?: string },
>(asked: Asked, fill: (text: string) => string, inputs: Inputs = {}): Asked {
  const { command, http, query, environment } = asked;
  const values = query?.values?.map((one) => (typeof one === 'string' ? fill(one) : one));
  return {
    ...asked,
    ...(command !== undefined && { command: command.map(fill) }),
    ...(environment !== undefined && { environment: filledSettings(environment, fill) }),
    ...(http !== undefined && { http: filledIn(http, inputs, encodeURIComponent) }),
    ...(query !== undefined && { query: { ...query, ...(values && { values }) } }),
  };
}

function titleOf(action: StepsAction, timeout: number | undefined): string {
  const most = timeout === undefined ? '' : `, at most ${durationText(timeout)}`;
  const title = `${titleWords(action)}${most}`;
  return title.length > LONGEST_TITLE ? `${title.slice(0, LONGEST_TITLE)}…` : title;
}

function titleWords(action: StepsAction): string {
  switch (action.kind) {
    case 'look':
      return `Look: ${action.looks.map(({ look }) => wayWords(look)).join(' · ')}`;
    case 'do':
      return `Do: ${changeWords(action.change)}`;
    case 'manual':
      return `By hand: ${action.text}`;
    case 'choose':
      return `Choose: ${action.question} (${Object.keys(action.options).join(', ')})`;
    case 'operation':
      return `Operation: ${action.summary}`;
    case 'work':
      return `Work: the runbook ${action.runbook}`;
    case 'pause':
      return `Wait ${durationText(action.ms)}`;
    case 'await':
      return `Wait until ${wayWords(action.check)} passes, at most ${durationText(action.atMost)}`;
    case 'tell':
      return `Tell ${action.channel}: ${action.text}`;
    case 'consent':
      return `Ask before ${action.before}`;
  }
}

/** What is started, fetched or asked, in a line. */
export function wayWords({
  command,
  http,
  service,
  query,
  logs,
  files,
}: Pick<Look, 'command' | 'http' | 'service' | 'query' | 'logs' | 'files'>): string {
  if (command !== undefined) return command.map(shellWord).join(' ');
  if (http !== undefined) return service === undefined ? http : `${http} of ${service}`;
  if (query !== undefined)
    return `${query.sql.replaceAll(/\s+/g, ' ').trim()} (${query.datastore})`;
  if (files !== undefined) return `files of ${files}`;
  return logs === undefined ? '' : `logs of ${logs.service}`;
}

/** What a change starts, sends or asks, in a line. */
export function changeWords({ http, ...rest }: StepChange): string {
  return wayWords({ ...rest, ...(http && { http: `${http.method} ${http.url}` }) });
}

function undoWords({ undo, why, do: change, manual, operation }: Step, inputs: Inputs): string {
  if (undo === 'none') return `none: ${why ?? 'not said why'}`;
  if (typeof undo === 'string') return `by hand: ${filledIn(undo, inputs)}`;
  if (undo !== undefined) return changeWords(filledChange(undo, inputs));
  if (operation !== undefined) return 'none here: the operation has its own';
  return change === undefined && manual === undefined ? NO_UNDO : 'none';
}
