// Alert rules of Prometheus for a system, from what its file promises: the bounds of its analyses, asked of what all users get,
// the age of its backups, and deploys that take longer than they were planned to.
import type { Analysis, Metric, Rollout, System } from '../../config/system.ts';
import type { LoadedSystem } from '../loaded-system.ts';
import { durationText } from '../text/duration-text.ts';
import { filledQuery, tellsRevisions } from './query-template.ts';
import { labelled } from './selector.ts';

/** One rule, as a file of rules has it. */
export interface AlertRule {
  alert: string;
  expr: string;
  for: string;
  labels: { severity: 'page' | 'ticket'; system: string; service?: string };
  annotations: { summary: string; description: string };
}

export interface AlertRules {
  groups: { name: string; rules: AlertRule[] }[];
  /** What the file says and no rule can be made of, as sentences. */
  left: string[];
}

/** What is not in a system file. */
export interface AlertLimits {
  /** The stretch (ms) over which requests are counted. */
  over: number;
  /** How much longer than its bakes a deploy may take (ms). */
  deploy: number;
  /** How old the newest good backup may be (ms); without it what each datastore's `rpo` says. */
  backup?: number;
}

export function alertRules({ name, system }: LoadedSystem, limits: AlertLimits): AlertRules {
  const services = Object.keys(system.services);
  const made = services.map((service) => serviceRules({ name, system, service }, limits));
  const rules = [...made.flatMap((one) => one.rules), ...dataRules(name, system, limits)];
  return {
    groups: rules.length === 0 ? [] : [{ name: `fairlead-${name}`, rules: distinct(rules) }],
    left: made.flatMap((one) => one.left),
  };
}

interface Place {
  name: string;
  system: System;
  service: string;
}

function serviceRules(
  place: Place,
  limits: AlertLimits,
): Pick<AlertRules, 'left'> & { rules: AlertRule[] } {
  const { name, system, service } = place;
  const rollout = system.services[service]?.rollout;
  if (rollout === undefined) return { rules: [], left: [] };
  const rules: AlertRule[] = [];
  const left: string[] = [];
  for (const analysis of judging(rollout)) {
    const judge = system.analyses[analysis];
    for (const [metric, settings] of Object.entries(judge?.metrics ?? {})) {
      if (judge === undefined) continue;
      const made = boundRules(place, { judge, metric, settings, over: limits.over });
      if (typeof made === 'string')
        left.push(`${analysis}.${metric} of ${name}/${service}: ${made}`);
      else rules.push(...made);
    }
  }
  return { rules: [...rules, deployRule(place, rollout, limits)], left };
}

/** The analyses by which users are watched, each once. */
function judging({ canary, blueGreen }: Rollout): string[] {
  const steps = (canary?.steps ?? []).flatMap(({ analysis = [] }) => analysis);
  return [...new Set([...(canary?.analysis ?? []), ...steps, ...(blueGreen?.analysis ?? [])])];
}

interface Bound {
  judge: Analysis;
  metric: string;
  settings: Metric;
  over: number;
}

/** The rules of one metric, or why there is none. */
function boundRules(
  { name, service }: Place,
  { judge, metric, settings, over }: Bound,
): AlertRule[] | string {
  const { max, min } = settings;
  if (max === undefined && min === undefined) return 'it has no bound of its own (max, min)';
  const own = judge.source === 'scrape' && judge.url === undefined;
  const labels = own ? { system: name, service, probe: 'false' } : {};
  const value = valueOf(settings, { labels, window: durationText(over), name, service });
  if (value === undefined) return 'its query asks about one version';
  const rule = (bound: number, sign: '>' | '<', word: string): AlertRule => ({
    alert: `${pascal(name)}${pascal(service)}${pascal(metric)}${word}`,
    expr: `${value} ${sign} ${bound}`,
    for: '2m',
    labels: { severity: 'page', system: name, service },
    annotations: {
      summary: `${metric} of ${name}/${service} is {{ $value }}, ${sign === '>' ? 'more' : 'less'} than ${bound}`,
      description: `"fairlead status ${name}/${service}" says what users have since when, "fairlead history ${name}/${service}" what changed, "fairlead rollback ${name}/${service}" goes back.`,
    },
  });
  return [
    ...(max === undefined ? [] : [rule(max, '>', 'High')]),
    ...(min === undefined ? [] : [rule(min, '<', 'Low')]),
  ];
}

interface Filling {
  labels: Readonly<Record<string, string>>;
  window: string;
  name: string;
  service: string;
}

/** What a metric measures, over all versions, as PromQL; undefined where it asks about one version. */
function valueOf({ query, ratio, rate, quantile }: Metric, filling: Filling): string | undefined {
  const { labels, window } = filling;
  const rated = (selector: string, suffix = ''): string =>
    `rate(${labelled(selector, labels, suffix)}[${window}])`;
  if (ratio !== undefined) return `sum(${rated(ratio.of)}) / sum(${rated(ratio.to)})`;
  if (rate !== undefined) return `sum(${rated(rate.of)})`;
  if (quantile !== undefined) {
    const buckets = rated(quantile.of, '_bucket');
    return `histogram_quantile(${quantile.q}, sum by (le) (${buckets}))`;
  }
  if (query === undefined || tellsRevisions(query)) return undefined;
  const { name: system, service } = filling;
  return `(${filledQuery(query, { system, service, revision: '', version: '' }).trim()})`;
}

/** A deploy may take what it bakes and watches, and `limits.deploy` more. */
function deployRule(
  { name, service }: Place,
  rollout: Rollout,
  { deploy }: AlertLimits,
): AlertRule {
  const seconds = Math.ceil((plannedTime(rollout) + deploy) / 1000);
  return {
    alert: `${pascal(name)}${pascal(service)}DeployTakesLong`,
    expr: `max(fairlead_oldest_working_deploy_age_seconds{target="${name}/${service}"}) > ${seconds}`,
    for: '1m',
    labels: { severity: 'ticket', system: name, service },
    annotations: {
      summary: `A deploy of ${name}/${service} has been at work for {{ $value | humanizeDuration }}`,
      description: `"fairlead list --open" says at which step it is, and what it waits for.`,
    },
  };
}

/** The longer of the ways that the file describes. */
function plannedTime({ canary, blueGreen }: Rollout): number {
  const bakes = (canary?.steps ?? []).reduce((sum, { bake }) => sum + bake, canary?.watch ?? 0);
  const sides = (blueGreen?.preview.bake ?? 0) + (blueGreen?.watch ?? 0);
  return Math.max(bakes, sides);
}

function dataRules(
  name: string,
  { datastores = {} }: System,
  { backup }: AlertLimits,
): AlertRule[] {
  return Object.keys(datastores).map((datastore) => {
    const which = `{system="${name}",datastore="${datastore}"}`;
    const age = `max(fairlead_backup_age_seconds${which})`;
    const limit =
      backup === undefined ? `max(fairlead_backup_rpo_seconds${which})` : String(backup / 1000);
    return {
      alert: `${pascal(name)}${pascal(datastore)}BackupOld`,
      expr: `${age} > ${limit}`,
      for: '10m',
      labels: { severity: 'page', system: name },
      annotations: {
        summary: `The newest good backup of ${name}/${datastore} goes back {{ $value | humanizeDuration }}`,
        description: `"fairlead backups ${name}" shows what there is, "fairlead backup ${name} --datastore ${datastore}" takes one.`,
      },
    };
  });
}

/** Rules of one name get a number: two analyses may have a metric of one name. */
function distinct(rules: readonly AlertRule[]): AlertRule[] {
  const seen = new Map<string, number>();
  return rules.map((rule) => {
    const count = (seen.get(rule.alert) ?? 0) + 1;
    seen.set(rule.alert, count);
    return count === 1 ? rule : { ...rule, alert: `${rule.alert}${count}` };
  });
}

/** `error-ratio` → `ErrorRatio`. */
function pascal(name: string): string {
  return name
    .split(/[^A-Za-z0-9]+/)
    .map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`)
    .join('');
}
