// What the activities of steps work with: worked out from the plan, the step and the system that it was made for, as they
// are kept (snapshots). From the workflow comes only what it alone knows (`told`), to be compared or to go on from.
import { fileOf, placeIn } from '../../domain/backup/backup-id.ts';
import { primaryDatastores } from '../../domain/operation/operation.ts';
import { copiesNamed } from '../../domain/recovery/copy-template.ts';
import { servicePlaceOf } from '../../domain/recovery/live/service-place.ts';
import { recoveredPoints } from '../../domain/recovery/recovered.ts';
import type { MountedCopy } from '../../domain/recovery/recovery-actions.ts';
import type { Weights } from '../../domain/rollout/model.ts';
import { bakeAfter, bakeOf, serviceOf } from './bake-inputs.ts';
import { EXCHANGE_INPUTS } from './exchange-inputs.ts';
import {
  actionOf,
  candidateCopy,
  copyOf,
  storeOf,
  unfit,
  type OtherCopy,
  type StepAt,
} from './step-at.ts';
import { STEPS_INPUTS } from './steps-inputs.ts';
import {
  readyWithin,
  serviceTarget,
  type PlatformKind,
} from '../../domain/rollout/service-target.ts';

/** The way back of a step instead of the step. */
interface MaybeBack {
  back?: true;
}

/** Where the datastore's own service was asked to make the copy of a rung; undefined where it was asked for none. */
function madeFor(at: StepAt, { backup, datastore, into }: ReturnType<typeof actionOf<'rung'>>) {
  const isMade = servicePlaceOf(placeIn(backup) ?? '') !== undefined && typeof into === 'object';
  return isMade ? { store: storeOf(at, datastore), into: into.elsewhere } : undefined;
}

export const STEP_INPUTS = {
  runChecks: (at: StepAt) => {
    const { service, point, revision = null, version: own, asked } = actionOf(at, 'check');
    const checks = asked ?? at.loaded.system.services[service]?.checks[point] ?? [];
    const { place, version, directory } = serviceOf(at, service);
    return { place, point, checks, revision, version: own ?? version, directory };
  },
  warmLive: (at: StepAt) => {
    const { datastore, service, revision, version } = actionOf(at, 'warmLive');
    const { place, directory } = serviceOf(at, service);
    const { warm = [] } = storeOf(at, datastore).settings;
    const checks = warm
      .filter((request) => request.service === service)
      .map(({ http, timeout }) => ({ name: http, http, status: 200, timeout }));
    return { place, point: 'smoke' as const, checks, revision, version, directory };
  },
  bake: bakeOf,
  /** The first of its bakes counts on from the last bake of the step. */
  watchWhileWaiting: bakeOf,
  awaitReady: (at: StepAt) => {
    const { service, revision, deadline } = actionOf(at, 'ready');
    return { place: serviceTarget(at.loaded, service), revision, deadline };
  },
  ensureRevision: (at: StepAt) => {
    const { service, spec, replicas } = actionOf(at, 'ensure');
    const place = serviceTarget(at.loaded, service);
    return { place, spec, replicas, deadline: readyWithin(at.loaded, service) };
  },
  shiftTraffic: (at: StepAt, { expect, back }: { expect: Weights[] } & MaybeBack) => {
    const action = actionOf(at, 'weights');
    const { service, capacity } = action;
    const place = serviceTarget(at.loaded, service);
    const deadline = readyWithin(at.loaded, service);
    return back === true
      ? { place, weights: action.back, expect, deadline }
      : { place, weights: action.weights, expect, capacity, deadline, ...bakeAfter(at) };
  },
  /** All that the plan stops, whichever of its steps asks. */
  stopServices: (at: StepAt) => {
    actionOf(at, 'stop');
    return at.plan.steps.flatMap(({ action }) =>
      action.kind === 'stop' ? [serviceTarget(at.loaded, action.service)] : [],
    );
  },
  stopService: (at: StepAt) => serviceTarget(at.loaded, actionOf(at, 'stop').service),
  /** The way back of a stop lets in whom it kept out. */
  admitService: (at: StepAt, { back }: MaybeBack) => {
    const action = actionOf(at, 'admit', 'stop');
    const { percent, to } =
      action.kind === 'admit' ? action : { percent: action.back, to: undefined };
    if (percent === undefined || (back === true) !== (action.kind === 'stop')) {
      throw unfit(at, 'lets nobody in');
    }
    const place = serviceTarget(at.loaded, action.service);
    return { place, percent, ...(to !== undefined && { to }) };
  },
  /** The way back to more replicas is gone when they are ready: users may be let in to them next. It raises no bounds. */
  scaleRevision: (at: StepAt, { back }: MaybeBack) => {
    const { service, revision, replicas, before, bounds } = actionOf(at, 'scale');
    const asked = { place: serviceTarget(at.loaded, service), revision };
    if (back !== true) return { ...asked, replicas, ...(bounds && { bounds }) };
    if (before === null) throw unfit(at, 'has no way back');
    const deadline = readyWithin(at.loaded, service);
    return {
      ...{ ...asked, replicas: before },
      ...(bounds && { bounds: 'back' as const }),
      ...(before > replicas && { deadline }),
    };
  },
  restartRevision: (at: StepAt) => {
    const { service, revision, deadline } = actionOf(at, 'restart');
    return { place: serviceTarget(at.loaded, service), revision, deadline };
  },
  /** The way back has what the object stood on before; it waits as long. */
  settleService: (at: StepAt, { back }: MaybeBack) => {
    const action = actionOf(at, 'settle');
    const { service, deadline } = action;
    const to = back === true ? action.back : action;
    if (to === null) throw unfit(at, 'has no way back');
    const place = serviceTarget(at.loaded, service);
    return { place, revision: to.revision, version: to.version, deadline, back: back === true };
  },
  /** As a step, or as the way back of the step that made the revision. */
  removeRevision: (at: StepAt) => {
    const action = actionOf(at, 'remove', 'ensure');
    const revision = action.kind === 'remove' ? action.revision : action.spec.id;
    return { place: serviceTarget(at.loaded, action.service), revision };
  },
  takeBackup: (at: StepAt) => {
    const { datastore, backup: id } = actionOf(at, 'backup');
    const { services } = at.loaded.system;
    const using = Object.keys(services).filter((name) =>
      services[name]?.datastores.includes(datastore),
    );
    return {
      ...{ store: storeOf(at, datastore), id, systemDigest: at.plan.systemDigest },
      services: using.map((name) => serviceTarget(at.loaded, name)),
    };
  },
  applyRetention: (at: StepAt) => ({ store: storeOf(at, actionOf(at, 'retention').datastore) }),
  examineBackup: (at: StepAt) => {
    const { datastore, backup: id } = actionOf(at, 'rung');
    return { store: storeOf(at, datastore), id };
  },
  examineFile: (at: StepAt) => ({ store: copyOf(at).store, file: namedFile(at) }),
  restoreCopy: (at: StepAt) => {
    const { backup: id, into } = actionOf(at, 'rung');
    return { id, target: copyOf(at), ...(into !== undefined && { into }) };
  },
  compareLive: (at: StepAt) => ({ target: copyOf(at) }),
  ...EXCHANGE_INPUTS,
  ...STEPS_INPUTS,
  /** `until` in ms. */
  keepCopy: (at: StepAt, { until }: { until: number }) => ({ target: copyOf(at), until }),
  restoreFile: (at: StepAt) => {
    const { into } = actionOf(at, 'rung');
    return { ...{ file: namedFile(at), target: copyOf(at) }, ...(into !== undefined && { into }) };
  },
  adoptPlace: (at: StepAt) => {
    const { backup, into } = actionOf(at, 'rung');
    const place = placeIn(backup);
    if (place === undefined) throw unfit(at, 'adopts no place');
    return { place, target: copyOf(at), ...(into !== undefined && { into }) };
  },
  compareCopy: (at: StepAt) => {
    const { backup: id, copy } = actionOf(at, 'rung');
    const rungs = at.plan.steps.flatMap(({ action }) =>
      action.kind === 'rung' && action.copy === copy ? [action.rung] : [],
    );
    return { id, target: copyOf(at), rungs };
  },
  askInvariants: (at: StepAt) => {
    const target = copyOf(at);
    return { target, invariants: target.store.settings.verify.invariants };
  },
  /** `wantedAt`: when what is lost would have been written last (ms); else the end of the backup. */
  measurePoint: (at: StepAt, { wantedAt }: { wantedAt?: number }) => {
    const { backup } = actionOf(at, 'rung');
    const file = fileOf(backup);
    const of = file === undefined ? { backup } : { file };
    return { target: copyOf(at), of, ...(wantedAt !== undefined && { wantedAt }) };
  },
  markVerified: (
    at: StepAt,
    { backup, ...mark }: { backup: string; at: string; reason: string },
  ) => {
    const action = actionOf(at, 'conclude', 'concludeRecovery');
    const proved =
      action.kind === 'conclude' ? [action.backup] : (at.plan.backups ?? []).map(({ id }) => id);
    if (!proved.includes(backup)) throw unfit(at, `does not prove ${backup}`);
    return { id: backup, ...mark };
  },
  markFailed: (at: StepAt, mark: { at: string; reason: string }) => ({
    id: actionOf(at, 'rung').backup,
    ...mark,
  }),
  discardCopy: (at: StepAt, { copy }: OtherCopy) => {
    const action = actionOf(at, 'discard', 'rung', 'empty');
    const made = action.kind === 'rung' ? madeFor(at, action) : undefined;
    return {
      copy: copy === undefined ? action.copy : candidateCopy(at, action.datastore, copy),
      ...(made && { made }),
    };
  },
  /** `at`: when the operation began (ms). */
  lookBothWays: (at: StepAt, { at: began }: { at: number }) => ({
    recovered: recoveredPoints(at.loaded, at.plan).map(({ datastore, backup }) => ({
      datastore,
      backup,
      rpoMs: storeOf(at, datastore).settings.backup.rpo,
    })),
    at: began,
    on: isolatedBy(at),
  }),
  takeInventory: (at: StepAt) => {
    const { loaded } = at;
    return { loaded, stores: primaryDatastores(loaded.system).map((name) => storeOf(at, name)) };
  },
  openTarget: (at: StepAt) => {
    const { target, live } = actionOf(at, 'isolate');
    const { name, directory } = at.loaded;
    return { target, on: isolatedBy(at), loaded: { name, directory }, live };
  },
  probeIsolation: (at: StepAt) => {
    const { target, live } = actionOf(at, 'fence');
    return { target, on: isolatedBy(at), live };
  },
  bindCopies: (at: StepAt) => {
    const { target, bindings } = actionOf(at, 'bind');
    return {
      target,
      on: isolatedBy(at),
      mounts: bindings.map((one) => mountedCopy(at, one)),
    };
  },
  emptyCopy: (at: StepAt) => {
    const { copy, datastore } = actionOf(at, 'empty');
    return { target: { copy, store: storeOf(at, datastore) } };
  },
  /** `running`: the services that run on the copies. */
  warmCopy: (at: StepAt, { running }: { running: string[] }) => {
    const { copy, datastore, target, requests } = actionOf(at, 'warm');
    return {
      target,
      on: isolatedBy(at),
      warmed: { copy, store: storeOf(at, datastore) },
      requests,
      running,
    };
  },
  startIsolated: (at: StepAt) => {
    const { target, program } = actionOf(at, 'start');
    const named = copiesNamed(program.environment);
    const mounts = at.plan.steps
      .flatMap(({ action }) => (action.kind === 'bind' ? action.bindings : []))
      .filter(({ datastore }) => named.includes(datastore))
      .map((one) => mountedCopy(at, one));
    return { target, on: isolatedBy(at), program, mounts };
  },
  askGolden: (at: StepAt, { running }: { running: string[] }) => {
    const { target, golden } = actionOf(at, 'usable');
    return {
      target,
      on: isolatedBy(at),
      golden: golden.filter(({ service }) => running.includes(service)),
    };
  },
  closeTarget: (at: StepAt) => ({
    target: actionOf(at, 'close', 'isolate').target,
    on: isolatedBy(at),
  }),
};

/** Activities of steps. */
export type StepActivity = keyof typeof STEP_INPUTS;

/** What the workflow tells the activity of a step, beside plan and step. */
export type ToldOf<Name extends StepActivity> =
  Parameters<(typeof STEP_INPUTS)[Name]> extends [StepAt, infer Told]
    ? Told
    : Record<string, never>;

/** The platform of the one target that a plan opens. */
function isolatedBy(at: StepAt): PlatformKind {
  for (const { action } of at.plan.steps) if (action.kind === 'isolate') return action.platform;
  throw unfit(at, 'is of a plan that isolates nothing');
}

function mountedCopy(at: StepAt, mount: MountedCopy) {
  return { ...mount, store: storeOf(at, mount.datastore) };
}

function namedFile(at: StepAt): string {
  const { backup } = actionOf(at, 'rung');
  const file = fileOf(backup);
  if (file === undefined) throw unfit(at, `proves ${backup}, which is no file`);
  return file;
}
