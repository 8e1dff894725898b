// The page of an operation in Temporal's Web UI ("current details"): what it does, what it waits for and from
// whom, and the exact JSON to paste. Pure; the workflow sets it whenever something changed.
// It is shown in a narrow pane that cuts code blocks off and runs the columns of tables together: JSON stands in
// code that wraps, a paragraph each, and there are lists where one would expect tables.
import {
  ALL_PARKED_ANSWERS,
  approvalJson,
  gateCommand,
  gateSentence,
  minute,
  PARKED_ANSWERS,
  parkedJson,
  personCommand,
  personJson,
  rejectionJson,
  type ParkedAnswer,
} from './answers.ts';
import { wantOfRequests } from './want-of-requests.ts';
import { handOverSentence, takeCommand } from './hand-over.ts';
import { bar, code, plain, spanBetween } from '../text/markdown.ts';
import type { Plan } from '../operation/plan.ts';
import type { GateStatus, OperationStatus } from '../operation/status.ts';

export interface DetailsInput {
  status: OperationStatus;
  /** For the titles of the steps to come. */
  plan?: Plan;
  /** The last message that was refused, and why. */
  lastRefusal?: { name: string; actor: string | null; reason: string };
  /** Which messages answer the parked step; all of them when left out. */
  answers?: readonly ParkedAnswer[];
}

/** Where the Web UI sends messages from; a signal takes the same JSON and needs no worker that is up. */
const SENDING = '*More Actions*, *Send an Update* (or *Send a Signal*), choose';

/** What more is said of `abort`. */
const KEEP = '; with `"keep": true` stop and leave everything as it is';

/** The server refuses details of many kilobytes: of long operations the latest rows are shown. */
const ROWS = 40;
const TEXT = 400;
const TITLE = 160;

export function detailsPage(input: DetailsInput): string {
  const { status } = input;
  return [
    `## ${headline(status)}`,
    '',
    ...(status.summary === undefined ? [] : [plain(status.summary), '']),
    ...(status.note === undefined ? [] : [text(status.note), '']),
    ...status.gates.flatMap((gate) => gateLines(gate, status.operation)),
    ...askLines(status),
    ...(status.state === 'parked' ? parkedLines(status, input.answers) : []),
    ...pausedLines(status),
    ...handOverLines(status),
    ...refusalLines(input.lastRefusal),
    ...weightLines(status),
    ...stepLines(status, input.plan),
    ...verdictLines(status),
    ...undoLines(status),
  ].join('\n');
}

function headline(status: OperationStatus): string {
  const name = plain(status.operation);
  if (status.state === 'closed') return `${name}: ${status.outcome ?? 'closed'}`;
  const step = status.step === undefined ? '' : ` at ${plain(status.step)}`;
  return `${name}: ${status.state}${step}`;
}

function gateLines(gate: GateStatus, operation: string): string[] {
  const who = gate.who.map(plain);
  return [
    `### Waits for a person: ${plain(gate.id)}`,
    '',
    `${gateSentence({ ...gate, who })} (Policy ${plain(gate.policy)}.)`,
    '',
    `To approve: ${SENDING} \`approve\`, paste this and put in your name:`,
    '',
    code(approvalJson(gate)),
    '',
    'To reject, the same with `reject` and',
    '',
    code(rejectionJson(gate)),
    '',
    `Or in a terminal: ${code(gateCommand('approve', operation, gate.id))}`,
    '',
  ];
}

/** What a step asks a person for, with the JSON to paste. */
function askLines({ asks, operation }: OperationStatus): string[] {
  if (asks === undefined) return [];
  const { step, kind, text: said, options } = asks;
  const answers = kind === 'tick' ? [undefined] : (options ?? []);
  return [
    `### Waits for a person: ${plain(step)}`,
    '',
    text(said),
    '',
    ...answers.flatMap((option) => [
      `${option === undefined ? 'When it is done' : `For ${plain(option)}`}: ${SENDING} \`${kind}\`, paste this and put in your name:`,
      '',
      code(personJson(step, option)),
      '',
      `Or in a terminal: ${code(personCommand(operation, step, option))}`,
      '',
    ]),
  ];
}

function parkedLines(
  status: OperationStatus,
  answers: readonly ParkedAnswer[] = ALL_PARKED_ANSWERS,
): string[] {
  return [
    '### Parked: needs a person',
    '',
    ...wantOfRequests(status).flatMap((one) => [plain(one), '']),
    `Nothing is changed until somebody answers: ${SENDING} one of these, paste its JSON and put in your name.`,
    '',
    ...answers.flatMap((name) => [
      `\`${name}\`: ${PARKED_ANSWERS[name].means}${name === 'abort' ? KEEP : ''}`,
      '',
      code(parkedJson(name, status.step)),
      '',
    ]),
  ];
}

function pausedLines(status: OperationStatus): string[] {
  if (status.state !== 'paused') return [];
  return [`To go on: ${SENDING} \`resume\` and paste`, '', code('{"actor":"YOUR-NAME"}'), ''];
}

function handOverLines({ handOver, operation }: OperationStatus): string[] {
  if (handOver === undefined) return [];
  const take = takeCommand(operation, handOver).flatMap((command) => [
    `To take it: ${SENDING} \`take\` and paste`,
    '',
    code(JSON.stringify({ actor: handOver.to })),
    '',
    `Or in a terminal: ${code(command)}`,
    '',
  ]);
  return [`**Who has it:** ${text(handOverSentence(handOver))}`, '', ...take];
}

function refusalLines(refusal: DetailsInput['lastRefusal']): string[] {
  if (refusal === undefined) return [];
  const from = refusal.actor === null ? '' : ` from ${text(refusal.actor)}`;
  return [`**Last refused:** ${text(refusal.name)}${from}: ${text(refusal.reason)}`, ''];
}

function weightLines(status: OperationStatus): string[] {
  const lines = status.weights.map(
    ({ service, version, percent }) =>
      `- \`${bar(percent)}\` ${percent} % ${plain(version)} of ${plain(service)}`,
  );
  return lines.length === 0 ? [] : ['### Weights', '', ...lines, ''];
}

function stepLines(status: OperationStatus, plan: Plan | undefined): string[] {
  const begun = new Set(status.steps.map((step) => step.id));
  const ending = status.state === 'closed' || status.state === 'undoing';
  const rest = ending ? 'not done' : 'to come';
  const lines = [
    ...status.steps.map(
      (step) => `- **${plain(step.id)}** ${howItWent(step)}: ${text(step.title, TITLE)}`,
    ),
    ...(plan?.steps ?? [])
      .filter((step) => !begun.has(step.id))
      .map((step) => `- ${plain(step.id)} ${rest}: ${text(step.title, TITLE)}`),
  ];
  if (lines.length === 0) return [];
  const first = Math.max(0, Math.min(lines.length - ROWS, status.steps.length - ROWS / 2));
  const shown = lines.slice(first, first + ROWS);
  const left = lines.length - shown.length;
  return [
    '### Steps',
    '',
    ...shown,
    ...(left === 0 ? [] : ['', `${left} more are in the report.`]),
    '',
  ];
}

function howItWent({ status, startedAt, endedAt }: OperationStatus['steps'][number]): string {
  const took = spanBetween(startedAt, endedAt);
  if (took !== '') return `${plain(status)} in ${took}`;
  return startedAt === undefined ? plain(status) : `${plain(status)} ${plain(minute(startedAt))}`;
}

function verdictLines(status: OperationStatus): string[] {
  const lines = status.verdicts
    .slice(-ROWS)
    .map(
      (one) =>
        `- **${plain(one.verdict)}** ${plain(one.name)} at ${plain(one.step)}${given(one)}: ${text(one.reason)}`,
    );
  return lines.length === 0 ? [] : ['### Verdicts', '', ...lines, ''];
}

/** A page that nobody reloads grows old: it says when, not how long ago. */
function given({ at }: OperationStatus['verdicts'][number]): string {
  return at === undefined ? '' : `, ${plain(minute(at))}`;
}

function undoLines(status: OperationStatus): string[] {
  if (status.undo.length === 0 || status.state === 'closed') return [];
  const lines = status.undo.slice(0, ROWS).map((sentence) => `- ${text(sentence)}`);
  return ['### Would be undone, in this order', '', ...lines, ''];
}

function text(typed: string, most = TEXT): string {
  return plain(typed.length > most ? `${typed.slice(0, most)} …` : typed);
}
