// A system as a worker sees it now: asked for, judged and shown.
import { gateWatchLines } from '../../domain/analysis/gate-watch.ts';
import { bar } from '../../domain/text/markdown.ts';
import { commandText } from '../../domain/text/command-text.ts';
import { didYouMean } from '../../domain/text/did-you-mean.ts';
import type { SystemStatus } from '../../domain/operation/status.ts';
import { freezeWords } from '../../domain/time/freeze.ts';
import { fewClients } from '../../domain/traffic/few-clients.ts';
import { withoutDryRun } from '../../runbooks/index.ts';
import { isSystemStatus } from '../temporal/answers.ts';
import type { Temporal } from '../temporal/connect.ts';
import { EXIT, ExitError } from '../exit.ts';
import { inspect } from '../temporal/inspect.ts';

type ServiceStatus = SystemStatus['services'][string];

export async function askSystem(temporal: Temporal, system: string): Promise<SystemStatus> {
  const answer = await inspect(temporal, { system });
  if (isSystemStatus(answer)) return sorted(answer);
  throw new ExitError(
    EXIT.noAnswer,
    `asking about ${system}: the worker's answer is no status of a system; is it an older version than this command?`,
  );
}

/** Throws ExitError (2) for a system that no worker knows; without an answer nothing is known of it. */
export async function refuseUnknownSystem(temporal: Temporal, system: string): Promise<void> {
  await askSystem(temporal, system).catch((error: unknown) => {
    if (error instanceof ExitError && error.code === EXIT.badInput) throw error;
  });
}

/** Throws ExitError (2) for a part of a system, a service or a datastore, that no worker knows; without an answer nothing is known. */
export async function refuseUnknownPart(
  temporal: Temporal,
  { system, part }: { system: string; part: string },
): Promise<void> {
  const status = await askSystem(temporal, system).catch((error: unknown) => {
    if (error instanceof ExitError && error.code === EXIT.badInput) throw error;
  });
  if (status?.datastores === undefined) return;
  const known = [...Object.keys(status.services), ...status.datastores];
  if (known.includes(part)) return;
  const near = didYouMean(part, known);
  throw new ExitError(
    EXIT.badInput,
    `${system} has no service or datastore ${part}${near}; it has ${known.join(', ')}`,
  );
}

/** The status with one service of it, and the operations on that. Throws ExitError (2) where there is none of this name. */
export function onlyService(status: SystemStatus, service: string): SystemStatus {
  const found = Object.hasOwn(status.services, service) ? status.services[service] : undefined;
  if (found === undefined) {
    const known = Object.keys(status.services);
    const near = didYouMean(service, known);
    throw new ExitError(
      EXIT.badInput,
      `${status.system} has no service ${service}${near}; it has ${known.join(', ')}`,
    );
  }
  const target = `${status.system}/${service}`;
  const operations = status.operations.filter(({ operation }) => {
    const about = withoutDryRun(operation).split('/').slice(1).join('/');
    return about === status.system || about === target || about.startsWith(`${target}/`);
  });
  return { ...status, services: { [service]: found }, operations };
}

/** `more`: what stands below a service besides. */
export function systemLines(
  status: SystemStatus,
  more: (service: string) => string[] = () => [],
): string[] {
  const operations = status.operations.flatMap((one) => [
    `  ${one.operation}  ${one.state}`,
    ...(one.watch === undefined ? [] : gateWatchLines(one.watch, Date.now())).map(
      (line) => `    ${line}`,
    ),
  ]);
  return [
    status.system,
    ...noteLines(status),
    ...(status.freezes ?? []).map((one) => `  ${freezeWords(one)}`),
    ...Object.entries(status.services).flatMap(([name, service]) => [
      ...serviceLines(status, name, service),
      ...more(name),
    ]),
    ...(operations.length === 0 ? [] : ['operations under way:', ...operations]),
  ];
}

/** Said where the system file does not load. */
export function noteLines({ instead }: SystemStatus): string[] {
  return instead === undefined ? [] : [`  note: ${instead}`];
}

/** What is known of versions that wait for people to go on, one line each. */
export function watchedLines({ operations }: SystemStatus): string[] {
  return operations.flatMap(({ operation, watch }) =>
    watch === undefined
      ? []
      : gateWatchLines(watch, Date.now()).map((line) => `  ${operation}: ${line}`),
  );
}

export type Condition = 'healthy' | 'unhealthy' | 'stopped' | 'nothing deployed';

export interface Health {
  service: string;
  condition: Condition;
  detail: string;
}

/** A service is healthy when every revision with traffic has all its replicas ready. */
export function healthOf(
  { system, operations }: Pick<SystemStatus, 'system' | 'operations'>,
  name: string,
  service: ServiceStatus,
): Health {
  const health = (condition: Condition, detail: string) => ({ service: name, condition, detail });
  if (service.stopped) {
    const by = recoveryIn(system, operations);
    if (by !== undefined) return health('stopped', `users get 503 until ${by} lets them in`);
    const way = commandText('admit', `${system}/${name}`);
    return health('stopped', `users get 503; let them in with "${way}"`);
  }
  const live = service.revisions.filter((one) => one.weight > 0);
  if (live.length === 0) return health('nothing deployed', 'no version gets traffic');
  const counts = live.map((one) => `${one.version} ${one.ready}/${one.desired} ready`).join(', ');
  const well = live.every((one) => one.ready >= Math.max(1, one.desired));
  const { admitPercent, clients } = service;
  const few = fewClients(clients, admitPercent);
  const why = few === undefined ? '' : ` (${few})`;
  const limited = admitPercent < 100 ? `, ${admitPercent} % of clients let in${why}` : '';
  return health(well ? 'healthy' : 'unhealthy', `${counts}${limited}`);
}

/** The open recovery of a system, which lets users in itself: nobody else may meanwhile. */
export function recoveryIn(
  system: string,
  operations: SystemStatus['operations'],
): string | undefined {
  return operations.find(({ operation }) => operation === `recover/${system}`)?.operation;
}

/** Sorts revisions by version, numbers as numbers: v9 before v10. */
function sorted(status: SystemStatus): SystemStatus {
  const services: SystemStatus['services'] = {};
  for (const [name, service] of Object.entries(status.services)) {
    const revisions = service.revisions.toSorted(
      (a, b) =>
        a.version.localeCompare(b.version, 'en', { numeric: true }) ||
        (a.revision < b.revision ? -1 : 1),
    );
    services[name] = { ...service, revisions };
  }
  return { ...status, services };
}

/** The exit code of the worst condition: unhealthy, then stopped, then nothing deployed. */
export function healthCode(healths: readonly Health[]): number {
  const has = (condition: Condition): boolean => healths.some((one) => one.condition === condition);
  if (has('unhealthy')) return EXIT.failed;
  if (has('stopped')) return EXIT.needsPerson;
  return has('healthy') ? EXIT.done : EXIT.inconclusive;
}

export function serviceLines(
  of: Pick<SystemStatus, 'system' | 'operations'>,
  name: string,
  service: ServiceStatus,
): string[] {
  const { condition, detail } = healthOf(of, name, service);
  return [
    `  ${name}  ${service.url}  ${condition}: ${detail}`,
    ...service.revisions.map(
      (one) =>
        `    ${one.version}  ${bar(one.weight)} ${one.weight} %  ${one.ready}/${one.desired} ready  (${one.revision})`,
    ),
  ];
}
