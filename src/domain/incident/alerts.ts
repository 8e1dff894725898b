// Alerts of an incident: which are firing, told apart by their fingerprint, each change of state once. Pure.
import { isRecord, textAt } from '../json.ts';
import { severityIn, type Severity } from './severity.ts';

/** What a monitoring system says of one alert. Times are ISO 8601. */
export interface AlertChange {
  name: string;
  /** Of the labels: two alerts of one name on two machines have two. */
  fingerprint: string;
  state: 'firing' | 'resolved';
  at: string;
  summary: string;
  /** In an incident that gathers alerts of many names: at least so bad is it while this one fires. */
  severity?: Severity;
}

export interface AlertSeen extends AlertChange {
  /** How often it began to fire. */
  times: number;
}

/** More are counted and not kept. */
export const MOST_ALERTS = 100;
const LONGEST = { name: 200, fingerprint: 64, summary: 500 } as const;

/** What a message brings that is an alert at all; undefined where it is no list of them. */
export function alertsIn(raw: unknown): AlertChange[] | undefined {
  const list = isRecord(raw) ? raw['alerts'] : undefined;
  if (!Array.isArray(list)) return undefined;
  return list.slice(0, MOST_ALERTS).flatMap((one: unknown) => alertIn(one) ?? []);
}

function alertIn(one: unknown): AlertChange | undefined {
  const text = (key: string, longest = 100): string => (textAt(one, key) ?? '').slice(0, longest);
  const [name, fingerprint] = [
    text('name', LONGEST.name),
    text('fingerprint', LONGEST.fingerprint),
  ];
  const [state, at] = [text('state'), Date.parse(text('at'))];
  const isState = state === 'firing' || state === 'resolved';
  if (name === '' || fingerprint === '' || !isState || Number.isNaN(at)) return undefined;
  const severity = severityIn(text('severity'));
  return {
    ...{ name, fingerprint, state, at: new Date(at).toISOString() },
    summary: text('summary', LONGEST.summary),
    ...(severity !== undefined && { severity }),
  };
}

export interface AlertsApplied {
  alerts: AlertSeen[];
  more: number;
  /** What is news: repeats are none. */
  changed: AlertChange[];
}

/** The alerts after some changes; what repeats or is older than what is known changes nothing. */
export function applyAlerts(
  known: readonly AlertSeen[],
  more: number,
  changes: readonly AlertChange[],
): AlertsApplied {
  const all = new Map(known.map((one) => [one.fingerprint, one]));
  const changed: AlertChange[] = [];
  let beyond = more;
  for (const change of changes) {
    const before = all.get(change.fingerprint);
    if (!isNew(change, before)) continue;
    if (before === undefined && all.size >= MOST_ALERTS) {
      beyond += 1;
      continue;
    }
    changed.push(change);
    const times = (before?.times ?? 0) + (change.state === 'firing' ? 1 : 0);
    all.set(change.fingerprint, { ...change, times });
  }
  return { alerts: [...all.values()], more: beyond, changed };
}

/** Neither a repeat, nor older than what is known, nor the end of what nobody heard of. */
function isNew(change: AlertChange, before: AlertSeen | undefined): boolean {
  if (before === undefined) return change.state === 'firing';
  return before.state !== change.state && Date.parse(change.at) >= Date.parse(before.at);
}

/** The worst severity of those that began to fire; undefined where none says one. */
export function worstOf(changes: readonly AlertChange[]): Severity | undefined {
  return changes
    .flatMap(({ state, severity }) =>
      state === 'firing' && severity !== undefined ? [severity] : [],
    )
    .toSorted()[0];
}

export function isFiring(alerts: readonly AlertSeen[]): boolean {
  return alerts.some(({ state }) => state === 'firing');
}
