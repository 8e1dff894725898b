// A status as lines for people: the whole of it for a terminal that is redrawn, or only what is new since the
// last one for a log. Pure.
import { bar, spanBetween } from '../domain/markdown.ts';
import type { GateStatus, OperationStatus } from '../domain/status.ts';

const MARKS: Record<string, string> = {
  done: '✔',
  unchanged: '✔',
  failed: '✘',
  skipped: '–',
  started: '▸',
};

/** The live view. */
export function statusLines(status: OperationStatus): string[] {
  return [
    headline(status),
    ...weightLines(status),
    ...status.steps.slice(-8).map(stepLine),
    ...status.verdicts.slice(-4).map(verdictLine),
    ...attention(status),
  ].map((line) => line.replaceAll('\n', ' '));
}

/** What to print, line by line, when `next` follows `previous`. */
export function newLines(previous: OperationStatus | undefined, next: OperationStatus): string[] {
  const before = previous ?? NOTHING_YET;
  const begun = new Map(before.steps.map((step) => [step.id, step.status]));
  const asked = new Set(before.gates.map(gateKey));
  const weights = weightLines(next);
  const sameWeights = weightLines(before).join() === weights.join();
  const changed = next.steps.filter((step) => begun.get(step.id) !== step.status);
  const verdicts = next.verdicts.slice(before.verdicts.length);
  // Beside the step that they judge, also when the next one has begun meanwhile.
  const judged = changed.flatMap((step) => [
    stepLine(step),
    ...verdicts.filter((one) => one.step === step.id).map(verdictLine),
  ]);
  const others = verdicts.filter((one) => changed.every((step) => step.id !== one.step));
  return [
    ...(previous?.state === next.state ? [] : [headline(next)]),
    ...judged,
    ...(sameWeights ? [] : weights),
    ...others.map(verdictLine),
    ...next.gates
      .filter((gate) => !asked.has(gateKey(gate)))
      .flatMap((gate) => gateLines(next.operation, gate)),
    ...(next.note === undefined || next.note === before.note ? [] : [`  ${next.note}`]),
  ];
}

type Shown = Pick<OperationStatus, 'steps' | 'verdicts' | 'gates' | 'weights' | 'note'>;
const NOTHING_YET: Shown = { steps: [], verdicts: [], gates: [], weights: [] };

/** What a person has to do now, with the commands that do it; empty when nobody is waited for. */
export function attention(status: OperationStatus): string[] {
  const note = status.note === undefined ? [] : [`  ${status.note}`];
  const gates = status.gates.flatMap((gate) => gateLines(status.operation, gate));
  if (status.state === 'parked') return [...note, ...gates, ...parkedCommands(status.operation)];
  if (status.state === 'paused')
    return [...note, `  go on with: fairlead resume ${status.operation}`];
  return [...note, ...gates];
}

export function parkedCommands(operation: string): string[] {
  return [
    `  answer with one of:`,
    `    fairlead retry ${operation}   (do the step again)`,
    `    fairlead skip ${operation}    (go on without it)`,
    `    fairlead adopt ${operation}   (take the world as it is now)`,
    `    fairlead abort ${operation}   (stop and undo; with --keep leave as it is)`,
  ];
}

function headline(status: OperationStatus): string {
  const what = status.outcome ?? status.state;
  const step = status.step === undefined || status.state === 'closed' ? '' : ` at ${status.step}`;
  const stale = status.stale === true ? ' (no worker answered: this is what Temporal knows)' : '';
  return `${status.operation}  ${what}${step}${stale}`;
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
  return `  ${mark} ${step.id}: ${step.title}${took === '' ? '' : ` (${took})`}`;
}

function verdictLine(one: OperationStatus['verdicts'][number]): string {
  return `  ${one.verdict} ${one.name} at ${one.step}: ${one.reason}`;
}

function gateLines(operation: string, gate: GateStatus): string[] {
  const who = gate.who.length === 0 ? 'anyone but the requester' : gate.who.join(', ');
  return [
    `  waits for ${gate.policy} at ${gate.id} (${gate.have} of ${gate.need}) from ${who}, until ${gate.expiresAt}`,
    `    fairlead approve ${operation} --gate ${gate.id}`,
  ];
}

const gateKey = (gate: GateStatus): string => `${gate.id} ${gate.digest} ${gate.have}`;
