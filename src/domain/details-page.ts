// The page of an operation in Temporal's Web UI ("current details"): what it does, what it waits for and from
// whom, and the exact JSON to paste. Pure; the workflow sets it whenever something changed.
import { bar, fenced, plain, spanBetween, table } from './markdown.ts';
import type { Plan } from './plan.ts';
import type { GateStatus, OperationStatus } from './status.ts';

export interface DetailsInput {
  status: OperationStatus;
  /** For the titles of the steps to come. */
  plan?: Plan;
  /** The last message that was refused, and why. */
  lastRefusal?: { name: string; actor: string | null; reason: string };
  /** Which messages answer the parked step; all of them when left out. */
  answers?: readonly ParkedAnswer[];
}

export type ParkedAnswer = 'retryStep' | 'skipStep' | 'adopt' | 'abort';

const ANSWERS: Record<ParkedAnswer, string> = {
  retryStep: 'do the step again',
  skipStep: 'go on without it (lowers the verdict, and names who)',
  adopt: 'take the world as it is now and go on from there',
  abort: 'stop and undo; with `"keep": true` stop and leave everything as it is',
};

/** The server refuses details of many kilobytes: of long operations the latest rows are shown. */
const ROWS = 40;
const TEXT = 400;
const CELL = 160;

export function detailsPage(input: DetailsInput): string {
  const { status } = input;
  return [
    `## ${headline(status)}`,
    '',
    ...(status.note === undefined ? [] : [text(status.note), '']),
    ...status.gates.flatMap(gateLines),
    ...(status.state === 'parked' ? parkedLines(status, input.answers) : []),
    ...pausedLines(status),
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

function gateLines(gate: GateStatus): string[] {
  const who = gate.who.length === 0 ? 'anyone but the requester' : gate.who.map(plain).join(', ');
  const answer = { actor: 'YOUR-NAME', gate: gate.id, digest: gate.digest };
  return [
    `### Waits for approval: ${plain(gate.id)}`,
    '',
    `Policy ${plain(gate.policy)}: ${gate.have} of ${gate.need} given; may answer: ${who}; until ${plain(gate.expiresAt)}.`,
    '',
    'Send the update (or signal) `approve` with',
    ...fenced('json', JSON.stringify(answer)),
    'or `reject` with',
    ...fenced('json', JSON.stringify({ ...answer, reason: 'WHY NOT' })),
    '',
  ];
}

function parkedLines(
  status: OperationStatus,
  answers: readonly ParkedAnswer[] = ['retryStep', 'skipStep', 'adopt', 'abort'],
): string[] {
  const step = status.step === undefined ? {} : { step: status.step };
  return [
    '### Parked: needs a person',
    '',
    'Nothing is changed until one of these updates (or signals) is sent:',
    '',
    ...answers.flatMap((name) => [
      `\`${name}\`: ${ANSWERS[name]}`,
      ...fenced(
        'json',
        JSON.stringify({ actor: 'YOUR-NAME', ...(name === 'abort' ? {} : step), reason: 'WHY' }),
      ),
    ]),
    '',
  ];
}

function pausedLines(status: OperationStatus): string[] {
  if (status.state !== 'paused') return [];
  return ['Paused: `resume` goes on, with', ...fenced('json', '{"actor":"YOUR-NAME"}'), ''];
}

function refusalLines(refusal: DetailsInput['lastRefusal']): string[] {
  if (refusal === undefined) return [];
  const from = refusal.actor === null ? '' : ` from ${text(refusal.actor)}`;
  return [`**Last refused:** ${text(refusal.name)}${from}: ${text(refusal.reason)}`, ''];
}

function weightLines(status: OperationStatus): string[] {
  if (status.weights.length === 0) return [];
  const rows = status.weights.map((weight) => [
    plain(weight.service),
    plain(weight.version),
    `\`${bar(weight.percent)}\` ${weight.percent} %`,
  ]);
  return ['### Weights', '', ...table(['service', 'version', 'share'], rows), ''];
}

function stepLines(status: OperationStatus, plan: Plan | undefined): string[] {
  const begun = new Set(status.steps.map((step) => step.id));
  const rows = [
    ...status.steps.map((step) => [
      plain(step.id),
      text(step.title, CELL),
      plain(step.status),
      spanBetween(step.startedAt, step.endedAt) || since(step.startedAt),
    ]),
    ...(plan?.steps ?? [])
      .filter((step) => !begun.has(step.id))
      .map((step) => [plain(step.id), text(step.title, CELL), '', '']),
  ];
  if (rows.length === 0) return [];
  const first = Math.max(0, Math.min(rows.length - ROWS, status.steps.length - ROWS / 2));
  const shown = rows.slice(first, first + ROWS);
  const left = rows.length - shown.length;
  return [
    '### Steps',
    '',
    ...table(['step', 'what', 'state', 'took'], shown),
    ...(left === 0 ? [] : ['', `${left} more are in the report.`]),
    '',
  ];
}

function verdictLines(status: OperationStatus): string[] {
  if (status.verdicts.length === 0) return [];
  const rows = status.verdicts
    .slice(-ROWS)
    .map((one) => [plain(one.step), plain(one.name), plain(one.verdict), text(one.reason)]);
  return ['### Verdicts', '', ...table(['step', 'name', 'verdict', 'why'], rows), ''];
}

function undoLines(status: OperationStatus): string[] {
  if (status.undo.length === 0 || status.state === 'closed') return [];
  const lines = status.undo.slice(0, ROWS).map((sentence) => `- ${text(sentence)}`);
  return ['### Would be undone, in this order', '', ...lines, ''];
}

const since = (at: string | undefined): string => (at === undefined ? '' : `since ${plain(at)}`);

function text(typed: string, most = TEXT): string {
  return plain(typed.length > most ? `${typed.slice(0, most)} …` : typed);
}
