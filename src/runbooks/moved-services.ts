// The steps that bring services onto datastores that lie at another place from now on: started there as revisions of their
// own while users are kept out, and let in on these. Used by recoveries that bind.
import type { LoadedSystem } from '../domain/loaded-system.ts';
import type { PlanStep } from '../domain/operation/plan.ts';
import { ensureStep, readyStep } from '../domain/operation/plan-steps.ts';
import type { BindingRecord, BoundPlace } from '../domain/recovery/binding.ts';
import { askMovedStep } from '../domain/recovery/live/lost.ts';
import {
  restartSteps,
  sharesOf,
  type AffectedService,
} from '../domain/recovery/live/service-steps.ts';
import { revisionSpec } from '../domain/rollout/revision.ts';
import type { RevisionSpec, Weights } from '../domain/rollout/model.ts';

/** Where a datastore will be, by those fields of its place that change. */
export interface Move {
  datastore: string;
  place: BoundPlace;
}

/** A service on the revisions that it has at the new place. */
export interface Moving {
  one: AffectedService;
  revisions: RevisionSpec[];
  to: Weights;
}

/** As the system will be once the records are there: what its revisions are bound to is part of what they are. */
export function movedSystem(
  loaded: LoadedSystem,
  operation: string,
  moves: readonly Move[],
): LoadedSystem {
  const places = Object.fromEntries(
    moves.map(({ datastore, place }) => {
      const whole = { ...loaded.places?.[datastore]?.place, ...place };
      const by: BindingRecord = {
        ...{ schema: 'fairlead/binding/v1', system: loaded.name, datastore, place },
        ...{ epoch: 0, since: new Date(0).toISOString(), operation },
      };
      return [datastore, { place: whole, by }];
    }),
  );
  return { ...loaded, places: { ...loaded.places, ...places } };
}

/** None for a service without users. Smoke checks and shares are of the new revisions. */
export function movingOf(one: AffectedService, moved: LoadedSystem): Moving[] {
  const shares = sharesOf(one);
  if (shares.length === 0) return [];
  const specs = shares.map(({ version }) => revisionSpec(moved, one.service, version));
  return [startedAs(one, specs)];
}

/** The service on these revisions instead of those that it has, share by share. */
export function startedAs(one: AffectedService, specs: RevisionSpec[]): Moving {
  const { world } = one;
  const to = sharesOf(one).flatMap((share, index) => {
    const spec = specs[index];
    return spec === undefined ? [] : [{ ...share, revision: spec.id, version: spec.version }];
  });
  const revisions = [
    ...world.revisions,
    ...specs
      .filter(({ id }) => !world.revisions.some(({ spec }) => spec.id === id))
      .map((spec) => ({ ...PLANNED, spec })),
  ];
  const traffic = { ...world.traffic, stopped: true, beforeStop: to };
  return { one: { ...one, world: { ...world, revisions, traffic } }, revisions: specs, to };
}

/** A revision that is still to be made. */
const PLANNED = {
  ...({ condition: 'starting', desired: 0, ready: 0, crashes: 0 } as const),
  ...{ previewUrl: '', metricsUrl: '' },
};

export function startSteps({ one, revisions }: Moving): PlanStep[] {
  const { service, config, world } = one;
  return revisions.flatMap((spec) => {
    const there = {
      ...world,
      revisions: world.revisions.filter(({ previewUrl }) => previewUrl !== ''),
    };
    const id = revisions.length === 1 ? service : `${service}-${spec.version}`;
    return [
      { ...ensureStep(service, spec, config.replicas, there), id: `start-${id}` },
      { ...readyStep(service, spec, config.rollout.deadlines.ready), id: `ready-${id}` },
    ];
  });
}

/** Where its configuration does not say where the datastore is, somebody has to. */
export function addressSteps(
  { service, config }: AffectedService,
  { datastore, place }: Move,
): PlanStep[] {
  const told = Object.values(config.configuration).some(
    (value) => typeof value === 'string' && value.includes(`{{binding.${datastore}.`),
  );
  return told || !config.datastores.includes(datastore)
    ? []
    : [askMovedStep(service, datastore, place)];
}

/** Users are let in on the revisions of their service that are at the new place. */
export function onto(moving: readonly Moving[], step: PlanStep): PlanStep {
  const { action } = step;
  if (action.kind !== 'admit') return step;
  const to = moving.find(({ one }) => one.service === action.service)?.to;
  return to === undefined ? step : { ...step, action: { ...action, to } };
}

/** What brings services back where some datastores have moved: those that use one anew, the others as they are. */
export function movedBack(
  back: readonly AffectedService[],
  input: { loaded: LoadedSystem; operation: string; moves: readonly Move[] },
): { back: AffectedService[]; started: PlanStep[]; onto: (step: PlanStep) => PlanStep } {
  const { loaded, operation, moves } = input;
  const moved = movedSystem(loaded, operation, moves);
  const found = back.map((one) => ({ one, moving: uses(one, moves) ? movingOf(one, moved) : [] }));
  const moving = found.flatMap((each) => each.moving);
  return {
    back: found.map((each) => each.moving[0]?.one ?? each.one),
    started: found.flatMap((each) =>
      each.moving.length === 0
        ? restartSteps(each.one)
        : [
            ...moves.flatMap((move) => addressSteps(each.one, move)),
            ...each.moving.flatMap(startSteps),
          ],
    ),
    onto: (step) => onto(moving, step),
  };
}

function uses({ config }: AffectedService, moves: readonly Move[]): boolean {
  return moves.some(
    ({ datastore }) =>
      config.datastores.includes(datastore) ||
      Object.values(config.configuration).some(
        (value) => typeof value === 'string' && value.includes(`{{binding.${datastore}.`),
      ),
  );
}
