// What Alertmanager's webhook posts (version 4): a group of alerts with their states, again and again. Checked by hand: it comes
// from outside. Pure.
import { Failure } from '../failure.ts';
import { isRecord, textAt } from '../json.ts';
import { describeValue } from '../text/describe-value.ts';
import type { AlertChange } from './alerts.ts';

export interface AlertDelivery {
  alerts: AlertChange[];
  /** Alerts that Alertmanager left out, as its `max_alerts` says. */
  left: number;
}

export const NAMELESS = 'an alert without a name';
const WHAT = "what was posted is not what Alertmanager's webhook posts (version 4)";
/** Labels that say nothing that is not said elsewhere. */
const SAID: ReadonlySet<string> = new Set(['alertname', 'severity']);
const MOST_LABELS = 6;
const FINGERPRINT = /^[0-9A-Za-z]{1,64}$/;

/** Throws a `Failure` BadInput that names the first part that is not as it has to be. */
export function alertDelivery(raw: unknown): AlertDelivery {
  if (!isRecord(raw)) throw wrong(`it is ${describeValue(raw)}, and an object was expected`);
  if (raw['version'] !== '4') {
    throw wrong(`its version is ${describeValue(raw['version'])}, and "4" was expected`);
  }
  const { alerts, truncatedAlerts } = raw;
  if (!Array.isArray(alerts)) {
    throw wrong(`alerts is ${describeValue(alerts)}, and a list was expected`);
  }
  const left = Number.isInteger(truncatedAlerts) ? Math.max(0, Number(truncatedAlerts)) : 0;
  return { alerts: alerts.map((one: unknown, index) => alertOf(one, `alerts[${index}]`)), left };
}

function alertOf(raw: unknown, where: string): AlertChange {
  if (!isRecord(raw)) throw wrong(`${where} is ${describeValue(raw)}`);
  const { status: state, fingerprint, labels } = raw;
  if (state !== 'firing' && state !== 'resolved') {
    throw wrong(`${where}.status is ${describeValue(state)}, allowed: "firing", "resolved"`);
  }
  if (typeof fingerprint !== 'string' || !FINGERPRINT.test(fingerprint)) {
    throw wrong(
      `${where}.fingerprint is ${describeValue(fingerprint)}, and letters and digits were expected`,
    );
  }
  const at = timeIn(raw, state === 'firing' ? 'startsAt' : 'endsAt', where);
  const name = textAt(labels, 'alertname')?.trim() || NAMELESS;
  return { name, fingerprint, state, at, summary: summaryOf(raw) };
}

function timeIn(raw: Record<string, unknown>, key: string, where: string): string {
  const ms = Date.parse(textAt(raw, key) ?? '');
  if (!Number.isNaN(ms)) return new Date(ms).toISOString();
  throw wrong(`${where}.${key} is ${describeValue(raw[key])}, and a time was expected`);
}

/** What its annotations say, and what tells it from others of its name: `5 % fail (instance a:9100)`. */
function summaryOf({ labels, annotations }: Record<string, unknown>): string {
  const said =
    textAt(annotations, 'summary') ??
    textAt(annotations, 'description') ??
    textAt(annotations, 'message');
  const own = Object.entries(isRecord(labels) ? labels : {})
    .filter(([label, value]) => !SAID.has(label) && typeof value === 'string')
    .slice(0, MOST_LABELS)
    .map(([label, value]) => `${label} ${String(value)}`);
  const told = own.length === 0 ? '' : `(${own.join(', ')})`;
  return [said ?? '', told].join(' ').replaceAll(/\s+/g, ' ').trim();
}

function wrong(how: string): Failure {
  return new Failure(
    'BadInput',
    `${WHAT}: ${how}; point a webhook_configs of Alertmanager 0.19 or newer here`,
  );
}
