// A status as lines for people: the whole of it for a terminal that is redrawn, or only what is new since the
// last one for a log. Pure.
import {
  ALL_PARKED_ANSWERS,
  approveCommand,
  PARKED_ANSWERS,
  personCommand,
  verbOf,
} from '../../domain/people/answers.ts';
import { handOverSentence, takeCommand } from '../../domain/people/hand-over.ts';
import { wantOfRequests } from '../../domain/people/want-of-requests.ts';
import { hasJudged } from '../../domain/analysis/finding.ts';
import { gateWatchLines } from '../../domain/analysis/gate-watch.ts';
import { bar, spanBetween } from '../../domain/text/markdown.ts';
import { commandText } from '../../domain/text/command-text.ts';
import { pendingLines } from '../../domain/operation/pending.ts';
import { titleOf } from '../../domain/operation/step-title.ts';
import type { GateStatus, LastRefused, OperationStatus } from '../../domain/operation/status.ts';
import { withVerbs } from '../as-typed.ts';
import { ago } from '../output/ages.ts';

const MARKS: Record<string, string> = {
  done: '✔',
  failed: '✘',
  skipped: '–',
  passedOver: '–',
  started: '▸',
};

/** The whole of a status. `most`: the newest steps that are shown (and half as many verdicts), with a count of those before. */
export function statusLines(status: OperationStatus, most = Infinity): string[] {
  const closed = status.state === 'closed';
  return [
    headline(status),
    ...courseLines(status, most),
    ...workLines(status),
    ...watchLines(status),
    ...(status.lastRefused === undefined || closed ? [] : [refusedLine(status.lastRefused)]),
    ...handOverLines(status),
    ...attention(status),
    ...(status.leftovers ?? []).map((line) => `  left over: ${line}`),
  ].map((line) => line.replaceAll('\n', ' '));
}

/** What became of it: traffic, steps, verdicts; nothing where `most` is 0. */
export function courseLines(status: OperationStatus, most: number): string[] {
  if (most === 0) return [];
  const isOver = status.state === 'closed' && status.weights.length > 0;
  const sayOne = status.state === 'closed' ? verdictLine : agedLine;
  return [
    ...(isOver ? ['  traffic when it ended:'] : []),
    ...weightLines(status),
    ...newest(status.steps.map(stepLine), most, 'steps'),
    ...newest(verdictsOf(status).map(sayOne), most / 2, 'verdicts'),
  ].map((line) => line.replaceAll('\n', ' '));
}

function newest(lines: string[], most: number, what: string): string[] {
  if (lines.length <= most) return lines;
  return [`  … ${lines.length - most} ${what} before these`, ...lines.slice(-most)];
}

/** What to print, line by line, when `next` follows `previous`: each step once, when it has ended. `brief`: of the steps only those that failed, no traffic and no verdicts. */
export function newLines(
  previous: OperationStatus | undefined,
  next: OperationStatus,
  brief = false,
): string[] {
  const before = previous ?? NOTHING_YET;
  const known = new Map(before.steps.map((step) => [step.id, step.status]));
  const asked = new Set(before.gates.map(gateKey));
  const weights = weightLines(next);
  const sameWeights = brief || weightLines(before).join() === weights.join();
  const quiet = brief ? ['started', 'done'] : ['started'];
  const changed = next.steps.filter(
    ({ id, status }) =>
      known.get(id) !== status && !quiet.includes(status) && !(brief && id === 'conclude'),
  );
  const fresh = brief ? [] : next.verdicts.slice(before.verdicts.length);
  const verdicts = verdictsOf({ verdicts: fresh });
  // Beside the step that they judge, also when the next one has begun meanwhile.
  const judged = changed.flatMap((step) => [
    stepLine(step),
    ...verdicts.filter((one) => one.step === step.id).map(verdictLine),
  ]);
  const others = verdicts.filter((one) => changed.every((step) => step.id !== one.step));
  return [
    ...newState(previous, next),
    ...judged,
    ...(sameWeights ? [] : weights),
    ...others.map(verdictLine),
    ...next.gates
      .filter((gate) => !asked.has(gateKey(gate)))
      .flatMap((gate) => gateLines(next.operation, gate)),
    ...(before.asks?.step === next.asks?.step ? [] : askLines(next)),
    ...newWatch(before, next),
    ...newRefusal(before, next),
    ...newNote(before, next),
  ];
}

/** A changed state of the operation; that it was started and how it ended is said elsewhere (start.ts, say-end.ts). */
function newState(previous: OperationStatus | undefined, next: OperationStatus): string[] {
  const isSaid = next.state === 'closed' || (next.state === 'running' && previous === undefined);
  return isSaid || previous?.state === next.state ? [] : [headline(next)];
}

/** While it runs, a note after the first steps is how it will end, and so is one that a verdict has said: neither is said twice. */
function newNote(before: Shown, status: OperationStatus) {
  const { note, outcome, state, steps, verdicts } = status;
  const isHeld = status.held !== undefined || status.heldByWindow !== undefined;
  if (note === undefined || note === before.note || outcome !== undefined) return [];
  const isEnd = state === 'running' && !isHeld && steps.length > 0;
  return isEnd || verdicts.some(({ reason }) => note.includes(reason)) ? [] : [`  ${note}`];
}

/** Without what a proof or a drill comes to as a whole, which is how the operation ends. */
function verdictsOf({ verdicts }: Pick<OperationStatus, 'verdicts'>): OperationStatus['verdicts'] {
  return verdicts.filter(
    ({ step, name }) => step !== 'conclude' || !['backup', 'drill'].includes(name),
  );
}

/** Said when the verdict is another one, or somebody begins or ceases to look; not once for each bake. */
function newWatch(before: Shown, next: OperationStatus): string[] {
  const key = ({ watch }: Shown): string =>
    `${watch?.judged?.verdict ?? ''} ${watch?.notObserved?.reason ?? ''}`;
  return key(before) === key(next) ? [] : watchLines(next);
}

function newRefusal(before: Shown, { lastRefused }: OperationStatus): string[] {
  if (lastRefused === undefined || lastRefused.at === before.lastRefused?.at) return [];
  return [refusedLine(lastRefused)];
}

type Shown = Pick<
  OperationStatus,
  'steps' | 'verdicts' | 'gates' | 'weights' | 'note' | 'lastRefused' | 'watch' | 'asks'
>;
const NOTHING_YET: Shown = { steps: [], verdicts: [], gates: [], weights: [] };

/** What a person has to do now, with the commands that do it; empty when nobody is waited for. */
export function attention(status: OperationStatus): string[] {
  const note = status.note === undefined ? [] : [`  ${status.note}`];
  const gates = status.gates.flatMap((gate) => gateLines(status.operation, gate));
  if (status.state === 'parked') {
    return [
      ...note,
      ...wantOfRequests(status).map((one) => `  ${one}`),
      ...gates,
      ...parkedCommands(status),
    ];
  }
  if (isPaused(status)) {
    return [...note, ...gates, `  go on with:`, `    ${commandText('resume', status.operation)}`];
  }
  return [...note, ...gates, ...askLines(status)];
}

/** What a step asks a person for, with the commands that answer it. */
function askLines({ asks, operation }: Pick<OperationStatus, 'asks' | 'operation'>): string[] {
  if (asks === undefined) return [];
  const { step, kind, text, options } = asks;
  const answers = kind === 'tick' ? [undefined] : (options ?? []);
  const what = kind === 'tick' ? 'waits for somebody to do' : 'waits for a decision:';
  return [
    `  ${step} ${what} ${text}`,
    ...answers.map((option) => `    ${personCommand(operation, step, option)}`),
  ];
}

function handOverLines({ handOver, operation, state }: OperationStatus): string[] {
  if (handOver === undefined) return [];
  const commands = state === 'closed' ? [] : takeCommand(operation, handOver);
  return [`  ${handOverSentence(handOver)}`, ...commands.map((one) => `    ${one}`)];
}

/** How far what goes on now is, in which attempt and why. */
export function workLines({ pending = [], step }: OperationStatus): string[] {
  const at = step === undefined ? '' : `${step}: `;
  return pendingLines(pending, Date.now()).map((line) => `  … ${at}${line}`);
}

/** What is known of what is deployed while people are waited for. */
function watchLines({ watch }: OperationStatus): string[] {
  return watch === undefined ? [] : gateWatchLines(watch, Date.now()).map((line) => `  ${line}`);
}

/** An operation that waits at a gate while it is paused says so in its note only. */
function isPaused({ state, note }: OperationStatus): boolean {
  return state === 'paused' || (state !== 'closed' && note?.startsWith('paused by ') === true);
}

/** The commands that answer a parked operation: those it says it takes, or all when its worker is too old to say. */
function parkedCommands({ operation, answers }: OperationStatus): string[] {
  const may = ALL_PARKED_ANSWERS.filter((name) => answers?.includes(name) ?? true);
  return [
    `  answer with one of:`,
    ...may.map((name) => {
      const { verb, means } = PARKED_ANSWERS[name];
      const more = name === 'abort' ? '; with --keep leave as it is' : '';
      return `    ${commandText(verb, operation)}  (${means}${more})`;
    }),
  ];
}

function refusedLine({ message, actor, note }: LastRefused): string {
  return `  last refused: ${verbOf(message)}${actor === undefined ? '' : ` from ${actor}`}: ${withVerbs(note)}`;
}

function headline(status: OperationStatus): string {
  const what = status.outcome ?? status.state;
  const step = status.step === undefined || status.state === 'closed' ? '' : ` at ${status.step}`;
  const paused = isPaused(status) && status.state !== 'paused' ? ', paused' : '';
  const stale = status.stale === true ? ' (no worker answered: this is what Temporal knows)' : '';
  return `${status.operation}  ${what}${step}${paused}${stale}`;
}

function weightLines(status: Pick<OperationStatus, 'weights'>): string[] {
  const width = Math.max(0, ...status.weights.map((one) => one.version.length));
  return status.weights.map(
    ({ service, version, percent }) =>
      `  ${service}  ${version.padEnd(width)}  ${bar(percent)} ${percent} %`,
  );
}

function stepLine(step: OperationStatus['steps'][number]): string {
  const took = spanBetween(step.startedAt, step.endedAt);
  const mark = MARKS[step.status] ?? '·';
  return `  ${mark} ${step.id}: ${titleOf(step)}${took === '' ? '' : ` (${took})`}`;
}

type StatusVerdict = OperationStatus['verdicts'][number];

function verdictLine(one: StatusVerdict): string {
  return sayVerdict(one, '');
}

/** A verdict says how things were when it was given: of an operation under way, how long that is ago. */
function agedLine(one: StatusVerdict): string {
  return sayVerdict(one, one.at === undefined ? '' : `, ${ago(one.at, Date.now())}`);
}

function sayVerdict(one: StatusVerdict, age: string): string {
  const { verdict, name, step, reason, samples = 1 } = one;
  // What is told judged nothing, and does not call itself a pass.
  const word = hasJudged([{ verdict, samples }]) ? `${verdict} ` : '';
  return `  ${word}${name} at ${step}${age}: ${reason}`;
}

function gateLines(operation: string, gate: GateStatus): string[] {
  const who = gate.who.join(', ');
  return [
    `  waits for ${gate.policy} at ${gate.id} (${gate.have} of ${gate.need}) from ${who}, until ${gate.expiresAt}`,
    `    ${approveCommand(operation, gate)}`,
  ];
}

const gateKey = (gate: GateStatus): string => `${gate.id} ${gate.digest} ${gate.have}`;
