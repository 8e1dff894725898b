// The choice of a recovery whose backup is of another structure than what is live, and of when other versions served: a service
// is started in the version of then, or in the one of now. Steps of what is not chosen are passed over.
import type { PlanStep } from '../domain/operation/plan.ts';
import { structureWords } from '../domain/backup/structure-served.ts';
import type { Restoring } from '../domain/recovery/exchange-steps.ts';
import {
  restartSteps,
  sharesOf,
  versionStep,
  type AffectedService,
} from '../domain/recovery/live/service-steps.ts';
import { NO_UNDO } from '../domain/text/plan-words.ts';
import { onto, startedAs, startSteps, type Moving } from './moved-services.ts';
import type { World } from './runbook.ts';

/** A service that may go back to the version of then. */
export interface Then {
  service: string;
  moving: Moving;
  version: string;
  /** The version of now. */
  now: string;
  /** Why that is asked, as a sentence. */
  why: string;
}

const SUFFIX = '-then';

/** Services of which the platform still knows the version that served when the backup was made, where tables are otherwise now. */
export function thenOf(
  back: readonly AffectedService[],
  restored: readonly Restoring[],
  { structures = {} }: World,
): Then[] {
  return back.flatMap((one): Then[] => {
    const from = restored.find((each) => isOtherwise(one, each, structures));
    const version = onlyOf(from?.backup.served?.[one.service]);
    const now = onlyOf(sharesOf(one))?.version;
    const spec = one.world.history.find((served) => served.spec.version === version)?.spec;
    if (from === undefined || now === undefined || spec === undefined) return [];
    if (spec.version === now) return [];
    const why = structureWords(from.datastore, structures[from.datastore] !== undefined);
    const { service } = one;
    return [{ service, moving: startedAs(one, [spec]), version: spec.version, now, why }];
  });
}

/** The service uses the datastore, and that is of another structure now than its backup, or nobody knows of which. */
function isOtherwise(
  { config }: AffectedService,
  { datastore, backup, elsewhere }: Restoring,
  structures: NonNullable<World['structures']>,
): boolean {
  if (elsewhere !== undefined || backup.structure === undefined) return false;
  return config.datastores.includes(datastore) && backup.structure !== structures[datastore];
}

function onlyOf<T>([first, ...more]: readonly T[] = []): T | undefined {
  return more.length === 0 ? first : undefined;
}

/** One question for each of these services, before the question of the exchange. */
export function versionSteps(then: readonly Then[], steps: readonly PlanStep[]): PlanStep[] {
  return then.map(({ service, version, now, why }) => {
    const isOf = ({ action }: PlanStep): boolean =>
      'service' in action && action.service === service;
    const of = steps.filter(isOf).map(({ id }) => id);
    const starts = [`start-${service}`, `ready-${service}`];
    const isThen = (id: string): boolean => id.endsWith(SUFFIX) || starts.includes(id);
    return {
      id: versionStep(service),
      title: `Ask which version of ${service} serves on the backup: ${version} of then, or ${now} of now`,
      undo: NO_UNDO,
      action: {
        kind: 'choose',
        question: `${why}. ${version} of ${service} served when it was made, and ${now} serves now. Which one serves afterwards?`,
        options: { [now]: of.filter((id) => !isThen(id)), [version]: of.filter(isThen) },
      },
    };
  });
}

/** The same steps for the version of then, each after the one of now. */
export function beside(then: readonly Then[], of: (one: AffectedService) => PlanStep[]) {
  return (one: AffectedService): PlanStep[] => {
    const other = then.find(({ service }) => service === one.service);
    if (other === undefined) return of(one);
    const { moving } = other;
    const steps = of(moving.one).map((step) => onto([moving], step));
    return [...of(one), ...steps.map((step) => ({ ...step, id: `${step.id}${SUFFIX}` }))];
  };
}

/** What starts a service anew: in both versions, where that is asked. */
export function startedEither(then: readonly Then[]): (one: AffectedService) => PlanStep[] {
  return (one) => {
    const other = then.find(({ service }) => service === one.service);
    return [...restartSteps(one), ...(other === undefined ? [] : startSteps(other.moving))];
  };
}
