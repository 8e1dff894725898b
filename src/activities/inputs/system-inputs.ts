// What activities on a whole system work with: worked out from the system as it is kept, and from names.
import { Failure } from '../../domain/failure.ts';
import type { LoadedRunbook, LoadedSystem } from '../../domain/loaded-system.ts';
import { leaseId } from '../../domain/operation/operation.ts';
import type { CheckVoteInput } from './check-vote.ts';
import type { ClearInput } from '../leases/leases.ts';
import type { ChangeAsked } from '../freezes.ts';
import type { NoticeInput } from '../record/notify.ts';
import type { PlanOperationInput } from '../plan-operation.ts';
import { serviceTarget } from '../../domain/rollout/service-target.ts';
import type { RecordDrillInput } from '../data/recovery.ts';
import type { SealInput } from '../record/seal.ts';

type Loaded = LoadedSystem | undefined;

/** Where the holder's system says nothing else (ms). */
const PREEMPT_WITHIN_MS = 60_000;

export const SYSTEM_INPUTS = {
  planOperation: (
    loaded: Loaded,
    told: Omit<PlanOperationInput, 'loaded'>,
  ): PlanOperationInput => ({
    ...told,
    loaded: known(loaded),
  }),
  checkVote: (loaded: Loaded, told: Omit<CheckVoteInput, 'keys'>): CheckVoteInput => ({
    ...told,
    keys: known(loaded).system.keys,
  }),
  readTraffic: (loaded: Loaded, { service }: { service: string }) =>
    serviceTarget(known(loaded), service),
  sendNotice: (loaded: Loaded, told: Omit<NoticeInput, 'channel' | 'directory'>): NoticeInput => {
    const { system, directory, name } = known(loaded);
    const channel = system.notify?.[told.name];
    if (channel === undefined) {
      throw new Failure('NotFound', `telling ${told.name}: ${name} has no such channel`);
    }
    return { ...told, channel, directory };
  },
  /** An operation that ended before it was loaded has a record all the same. */
  sealReport: (
    loaded: Loaded,
    {
      services,
      ...rest
    }: Omit<SealInput, 'places' | 'systemDigest' | 'runbook'> & { services: string[] },
  ): SealInput => ({
    ...rest,
    places: loaded === undefined ? [] : services.map((one) => serviceTarget(loaded, one)),
    // Where it did not load from the start, it was not changed meanwhile.
    systemDigest: loaded?.instead === undefined ? (loaded?.digest ?? '') : '',
    ...(loaded?.runbook !== undefined && { runbook: withoutSteps(loaded.runbook) }),
  }),
  /** `of`: the service or datastore; `kind`: that of the operation that wants the lease. */
  clearLease: (
    loaded: Loaded,
    { of, ...asked }: Pick<ClearInput, 'kind' | 'preempts'> & { of: string },
  ) => ({ ...leaseOf(known(loaded), of), ...asked }),
  /** `of`: services. */
  makeWay: (loaded: Loaded, { of, kind }: { of: string[]; kind: string }) => ({
    kind,
    services: of.map((service) => {
      const { id: lease, preemptWithin } = leaseOf(known(loaded), service);
      return { place: serviceTarget(known(loaded), service), lease, preemptWithin };
    }),
  }),
  /** `needMs`, `passesWindows`: of the change that is held. */
  awaitThaw: (loaded: Loaded, told: Omit<ChangeAsked, 'changes'>): ChangeAsked => ({
    ...told,
    changes: loaded?.system.changes,
  }),
  recordDrill: (loaded: Loaded, said: Omit<RecordDrillInput, 'loaded'>): RecordDrillInput => ({
    ...said,
    loaded: known(loaded),
  }),
};

function leaseOf({ name, system }: LoadedSystem, of: string) {
  const preemptWithin = system.services[of]?.rollout.deadlines.preempt ?? PREEMPT_WITHIN_MS;
  return { id: leaseId(name, of), preemptWithin };
}

function known(loaded: Loaded): LoadedSystem {
  if (loaded === undefined)
    throw new Failure('Broken', 'an activity on a system that is not loaded');
  return loaded;
}

function withoutSteps({ name, file, digest }: LoadedRunbook): NonNullable<SealInput['runbook']> {
  return { name, file, digest };
}
