// What answers users now, and the way out, for whoever is left with an operation that needs a person.
import { commandText } from '../../domain/text/command-text.ts';
import type { SystemStatus } from '../../domain/operation/status.ts';
import { withoutDryRun } from '../../runbooks/index.ts';
import { askSystem, recoveryIn } from '../output/system-status.ts';
import type { Temporal } from '../temporal/connect.ts';

type Service = SystemStatus['services'][string];
type Revision = Service['revisions'][number];

/** Whose leftovers are copies and targets: users never met them. */
const OF_DATA: ReadonlySet<string> = new Set(['backup', 'verify', 'drill', 'recover']);

/** Lines about the service of an operation, or about all of its system; none of an operation on data. */
export async function usersNow(temporal: Temporal, operation: string): Promise<string[]> {
  const [kind = '', system = '', service] = withoutDryRun(operation).split('/');
  if (OF_DATA.has(kind) || system === '') return [];
  const status = await askSystem(temporal, system).catch(() => undefined);
  const look = commandText('status', service === undefined ? system : `${system}/${service}`);
  if (status === undefined) {
    return [`  what answers users now is not known: no worker answered; see "${look}"`];
  }
  return Object.entries(status.services)
    .filter(([name]) => service === undefined || name === service)
    .flatMap(([name, one]) =>
      serviceNow(`${system}/${name}`, one, recoveryIn(system, status.operations)),
    );
}

/** What of one service answers users, and the commands that help where nothing does. `recovery`: the open one, which keeps users out. */
export function serviceNow(target: string, service: Service, recovery?: string): string[] {
  if (service.stopped && recovery !== undefined) {
    return [`  users of ${target} get 503 until ${recovery} lets them in`];
  }
  if (service.stopped) {
    const way = wayOut([[commandText('admit', target), 'lets users in again']]);
    return [`  users of ${target} get 503: it is stopped`, ...way];
  }
  const live = service.revisions.filter(({ weight }) => weight > 0);
  if (live.length === 0) return [`  no version of ${target} gets traffic`];
  const told = live.map(describe).join('; ');
  if (live.every(({ ready }) => ready > 0)) return [`  users of ${target} are answered by ${told}`];
  const said = saidOfSome(target, service, live);
  return [`  ${said}: ${told}`, ...wayOut(waysOut(target, service, live))];
}

/** Where somebody who is to answer users is not ready: whether others answer theirs is the platform's to say. */
function saidOfSome(target: string, { unready }: Service, live: readonly Revision[]): string {
  const able = live.filter(({ ready }) => ready > 0).map(({ version }) => version);
  if (able.length === 0) return `nobody answers users of ${target}`;
  switch (unready) {
    case 'others':
      return `all users of ${target} are answered by ${able.join(' and ')}`;
    case 'lost':
      return `only some users of ${target} are answered`;
    default:
      return `not all that has users of ${target} is ready`;
  }
}

/** Commands that give users an answer again: a deploy of what is ready, to all at once and past no approval, or back to what died, once it can run again. */
function waysOut(
  target: string,
  { revisions, strategy }: Service,
  live: readonly Revision[],
): Way[] {
  const atOnce = strategy === 'canary' ? ['--initial-weight', '100'] : [];
  const able = revisions.filter(({ ready }) => ready > 0);
  const dead = live.filter(({ ready }) => ready === 0).map(({ version }) => version);
  const back = dead.map((version): Way => {
    const way = live.length === 1 ? ['restart', target] : ['rollback', target, '--to', version];
    return [commandText(...way), `once ${version} can run again`];
  });
  return [
    ...able.map(({ version }): Way => {
      return [commandText('deploy', target, version, ...atOnce), `${version} has ready replicas`];
    }),
    ...back,
  ];
}

type Way = [command: string, means: string];

function describe({ version, weight, ready, desired }: Revision): string {
  return `${version} ${weight} % (${ready} of ${desired} ready)`;
}

function wayOut(commands: readonly Way[]): string[] {
  const lines = commands.map(([command, means]) => `    ${command}  (${means})`);
  return lines.length === 0 ? [] : ['  the way out:', ...lines];
}
