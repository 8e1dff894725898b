// A system as a worker sees it now: asked for, judged and shown.
import { bar } from '../domain/markdown.ts';
import type { SystemStatus } from '../domain/status.ts';
import { isSystemStatus } from './answers.ts';
import type { Temporal } from './connect.ts';
import { EXIT, ExitError } from './exit.ts';
import { inspect } from './inspect.ts';

type ServiceStatus = SystemStatus['services'][string];

export async function askSystem(temporal: Temporal, system: string): Promise<SystemStatus> {
  const answer = await inspect(temporal, { system });
  if (isSystemStatus(answer)) return sorted(answer);
  throw new ExitError(
    EXIT.noAnswer,
    `asking about ${system}: the worker's answer is no status of a system; is it an older version than this command?`,
  );
}

export function systemLines(status: SystemStatus): string[] {
  const operations = status.operations.map((one) => `  ${one.operation}  ${one.state}`);
  return [
    status.system,
    ...Object.entries(status.services).flatMap(([name, service]) => serviceLines(name, service)),
    ...(operations.length === 0 ? [] : ['operations under way:', ...operations]),
  ];
}

export type Condition = 'healthy' | 'unhealthy' | 'stopped' | 'nothing deployed';

export interface Health {
  service: string;
  condition: Condition;
  detail: string;
}

/** Every revision that users can meet has all its replicas ready: healthy. */
export function healthOf(name: string, service: ServiceStatus): Health {
  const health = (condition: Condition, detail: string) => ({ service: name, condition, detail });
  if (service.stopped) return health('stopped', 'users get 503; let them in with "fairlead admit"');
  const live = service.revisions.filter((one) => one.weight > 0);
  if (live.length === 0) return health('nothing deployed', 'no version gets traffic');
  const counts = live.map((one) => `${one.version} ${one.ready}/${one.desired} ready`).join(', ');
  const well = live.every((one) => one.ready >= Math.max(1, one.desired));
  const limited = service.admitPercent < 100 ? `, ${service.admitPercent} % of clients let in` : '';
  return health(well ? 'healthy' : 'unhealthy', `${counts}${limited}`);
}

/** Revisions as versions count: v9 before v10. */
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

/** The worst condition decides: unhealthy, then stopped, then nothing to judge. */
export function healthCode(healths: readonly Health[]): number {
  const has = (condition: Condition): boolean => healths.some((one) => one.condition === condition);
  if (has('unhealthy')) return EXIT.failed;
  if (has('stopped')) return EXIT.needsPerson;
  return has('healthy') ? EXIT.done : EXIT.inconclusive;
}

export function serviceLines(name: string, service: ServiceStatus): string[] {
  const { condition, detail } = healthOf(name, service);
  return [
    `  ${name}  ${service.url}  ${condition}: ${detail}`,
    ...service.revisions.map(
      (one) =>
        `    ${one.version}  ${bar(one.weight)} ${one.weight} %  ${one.ready}/${one.desired} ready  (${one.revision})`,
    ),
  ];
}
