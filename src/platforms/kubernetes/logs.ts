// What containers said: the lines that a service's pods wrote since a position, and the last ones of a container that ended.
import { linesIn } from '../../domain/text/text-lines.ts';
import type { LogLine, LogPosition } from '../../ports/workload.ts';
import { isStatus } from './api.ts';
import { CONTAINER } from './manifests.ts';
import type { Reached } from './reached.ts';
import { stableIn } from './settings.ts';
import type { Event, Pod } from './shapes.ts';

/** Of each pod when nobody read it before. */
const FIRST_LINES = 200;
const MOST_BYTES = 1_000_000;
const LAST_LINES = 5;
const LAST_EVENTS = 3;
const LINE_LENGTH = 300;

/** Positions are microseconds, by pod: what has that time was read. */
export async function logsSince(
  at: Reached,
  pods: readonly Pod[],
  since: LogPosition | null,
): Promise<{ lines: LogLine[]; position: LogPosition }> {
  const position: LogPosition = {};
  const all = await Promise.all(
    pods.map(async (pod) => {
      const { name } = pod.metadata;
      const from = since?.[name];
      // The API server knows whole seconds.
      const sinceTime =
        from === undefined ? '' : new Date(Math.floor(from / 1e6) * 1e3).toISOString();
      const part = from === undefined ? `tailLines=${FIRST_LINES}` : `sinceTime=${sinceTime}`;
      const query = `timestamps=true&limitBytes=${MOST_BYTES}&${part}`;
      const text = await whatIsThere(at.cluster.log(name, containerOf(at, pod), query));
      const lines = text
        .split('\n')
        .flatMap((line) => timed(line) ?? [])
        .filter(({ at }) => at > (from ?? 0));
      position[name] = lines.at(-1)?.at ?? from ?? 0;
      return lines.map((one) => ({ ...one, source: name }));
    }),
  );
  const lines = all.flat().sort((a, b) => a.at - b.at);
  return { lines: lines.map(({ source, text }) => ({ source, text })), position };
}

function timed(line: string): { at: number; text: string } | undefined {
  const [, second = '', fraction = '', text = ''] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?Z (.*)$/.exec(line) ?? [];
  if (second === '') return undefined;
  const micros = Number(fraction.padEnd(6, '0').slice(0, 6));
  return { at: Date.parse(`${second}Z`) * 1e3 + micros, text };
}

/**
 * Of the first pod that does not answer: the last lines of its container, before it ended the last time where it did, and what
 * warns in its events; as one line each. Empty where nobody knows.
 */
export async function lastWordsOf(at: Reached, pods: readonly Pod[]): Promise<string> {
  const failing = pods.find((pod) => hasEnded(at, pod)) ?? pods.find((pod) => isUnready(at, pod));
  if (failing === undefined) return '';
  const [lines, warnings] = await Promise.all([linesOf(at, failing), warningsOf(at, failing)]);
  const parts = [
    ...(lines === '' ? [] : [`it said: ${lines}`]),
    ...(warnings === '' ? [] : [`events: ${warnings}`]),
  ];
  return parts.join('; ');
}

function hasEnded(at: Reached, pod: Pod): boolean {
  return (pod.status.containerStatuses ?? []).some(
    ({ name, lastState, state }) =>
      name === containerOf(at, pod) && (lastState.terminated ?? state.terminated) !== undefined,
  );
}

/** A sidecar may be ready long before the service is. */
function isUnready(at: Reached, pod: Pod): boolean {
  const own = containerOf(at, pod);
  const statuses = pod.status.containerStatuses ?? [];
  return statuses.find(({ name }) => name === own)?.ready !== true;
}

async function linesOf(at: Reached, pod: Pod): Promise<string> {
  const { name } = pod.metadata;
  const container = containerOf(at, pod);
  const query = `tailLines=${LAST_LINES}&limitBytes=${LINE_LENGTH * LAST_LINES}`;
  const before = hasEnded(at, pod)
    ? await whatIsThere(at.cluster.log(name, container, `previous=true&${query}`))
    : '';
  return inOneLine(
    before === '' ? await whatIsThere(at.cluster.log(name, container, query)) : before,
  );
}

async function warningsOf({ cluster }: Reached, pod: Pod): Promise<string> {
  const events = await cluster.events(pod.metadata.name);
  const warnings = events
    .filter(({ type }) => type === 'Warning')
    .sort((a, b) => happenedAt(a) - happenedAt(b))
    .slice(-LAST_EVENTS)
    .map(({ reason = '', message = '' }) => `${reason}: ${message}`);
  return inOneLine(warnings.join('\n'));
}

/** In ms; what is new knows no last time, and one that repeats itself no other one. */
function happenedAt({ lastTimestamp, eventTime, metadata }: Event): number {
  return Date.parse(lastTimestamp ?? eventTime ?? metadata?.creationTimestamp ?? '') || 0;
}

function inOneLine(text: string): string {
  return linesIn(text).join(' | ').slice(0, LINE_LENGTH);
}

/** Fairlead's own, or that of the chart or the Deployment. */
function containerOf({ place: { settings } }: Reached, { status }: Pod): string {
  const stable = stableIn(settings);
  if (stable === undefined) return CONTAINER;
  return stable.container ?? status.containerStatuses?.[0]?.name ?? CONTAINER;
}

/** A pod may have gone meanwhile, or never have run. */
async function whatIsThere(reading: Promise<string>): Promise<string> {
  try {
    return await reading;
  } catch (error) {
    if (isStatus(error, 404) || isStatus(error, 400)) return '';
    throw error;
  }
}
