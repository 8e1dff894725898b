// The steps of a recovery for derived datastores that a started service uses: each is flushed before anything is bound,
// and warmed once the services run.
import type { LivePlace } from './isolation.ts';
import type { LoadedSystem } from '../loaded-system.ts';
import type { RevisionSpec } from '../rollout/model.ts';
import { datastoreIn } from '../backup/rung-steps.ts';
import type { PlanStep } from '../operation/plan.ts';
import type { MountedCopy } from './recovery-actions.ts';

/** A derived datastore, and where the service looks for it. */
export interface Flushed {
  datastore: string;
  place: LivePlace;
}

/** In sorted order: those that a service that is started names. */
export function derivedIn(
  { system: { datastores = {}, services } }: Pick<LoadedSystem, 'system'>,
  started: readonly string[],
): string[] {
  const bound = started.flatMap((name) => services[name]?.datastores ?? []);
  return Object.keys(datastores)
    .filter((name) => datastores[name]?.role === 'derived' && bound.includes(name))
    .sort();
}

/** `target` names the run. */
export function flushedCopy({ datastore, place }: Flushed, target: string): MountedCopy {
  return { datastore, copy: `${target}-${datastore}-empty`, place };
}

export function emptyStep(loaded: LoadedSystem, { datastore, copy, place }: MountedCopy): PlanStep {
  const { kind } = datastoreIn(loaded, datastore);
  const what = place.kind === 'folder' ? 'an empty folder' : `an empty server of kind ${kind}`;
  return {
    id: `empty-${datastore}`,
    title: `Start ${datastore} flushed: ${what} apart from everything live, as it is derived and never restored`,
    undo: `discard the copy ${copy}`,
    differs: `a recovery flushes the live ${datastore}`,
    action: { kind: 'empty', datastore, copy },
  };
}

/** None for what is filled by use, or by services that are not started. */
export function warmSteps(
  loaded: LoadedSystem,
  { target, services }: { target: string; services: readonly RevisionSpec[] },
  { datastore, copy }: MountedCopy,
): PlanStep[] {
  const { warm = [] } = datastoreIn(loaded, datastore);
  // A drill starts all that warm; a verification starts fewer, and leaves out the requests to others.
  const requests = warm.flatMap(({ service, http: path, timeout: timeoutMs }) =>
    services
      .filter((one) => one.service === service)
      .map(({ program: { port } }) => ({ service, port, path, timeoutMs })),
  );
  if (requests.length === 0) return [];
  const count = requests.length === 1 ? '1 request' : `${requests.length} requests`;
  return [
    {
      id: `warm-${datastore}`,
      title: `Warm ${datastore} by ${count} to the service, each to be answered with 2xx`,
      undo: 'none: it goes with the copy',
      differs: `a recovery warms the live ${datastore}, before it lets users in`,
      action: { kind: 'warm', datastore, copy, target, requests },
    },
  ];
}
