// Every activity that a worker offers, by the name that histories show.
import { isDataKind } from '../domain/operation.ts';
import { acceptBackup } from './accept-backup.ts';
import {
  applyRetention,
  askInvariants,
  compareCopy,
  discardCopy,
  examineBackup,
  markFailed,
  markVerified,
  restoreCopy,
  takeBackup,
} from './backups.ts';
import {
  atBoundary,
  type Answer,
  type BoundaryPorts,
  type Call,
  type Envelope,
} from './boundary.ts';
import {
  askGolden,
  bindCopies,
  closeTarget,
  lookBothWays,
  openTarget,
  probeFence,
  startIsolated,
} from './drill.ts';
import { emptyCopy, warmCopy, type WarmInput } from './derived.ts';
import { checkRecovery } from './check-recovery.ts';
import { writeCanaries } from './canaries.ts';
import { inspect } from './inspect.ts';
import { sweep } from './janitor.ts';
import { takeInventory } from './inventory.ts';
import { clearLease, releaseLeases, type LeaseRef } from './leases.ts';
import { load, makePlan, type PlanInput } from './plan.ts';
import { examineFile, restoreFile } from './named-files.ts';
import { makeDataPlan } from './plan-data.ts';
import { measurePoint, type MeasureInput } from './point-in-time.ts';
import type { CanaryPort } from './ports-canary.ts';
import type { NamedFilesPort } from './ports-named-files.ts';
import type { Place, Platforms } from './platforms.ts';
import { sendNotice, type NoticeInput } from './notify.ts';
import type { BackupRemovalPort, BackupsPort, ObjectRemovalPort } from './ports-data.ts';
import type { IsolationPort } from './ports-isolation.ts';
import type { DrillsPort, RecoveryLedgerPort } from './ports-recovery.ts';
import { recordDrill } from './recovery.ts';
import type { ChecksPort, MetricsPort, NotifyPort, SignerPort, SystemsPort } from './ports.ts';
import { seal, type SealInput } from './seal.ts';
import { bakeAt, runChecksAt, type BakeAtInput, type ChecksAtInput } from './judge.ts';
import { admitService, readTraffic, shiftTraffic, stopService } from './traffic.ts';
import {
  awaitReady,
  ensureRevision,
  removeRevision,
  restartRevision,
  scaleRevision,
} from './workload.ts';

export interface ActivityPorts extends BoundaryPorts {
  platforms: Platforms;
  systems: SystemsPort;
  metrics: MetricsPort;
  checks: ChecksPort;
  notify: NotifyPort;
  signer: SignerPort;
  backups: BackupsPort;
  canaries: CanaryPort;
  namedFiles: NamedFilesPort;
  /** Retention's own identity. */
  removal: BackupRemovalPort;
  /** What uploads left that were cut off. */
  uploads: Pick<ObjectRemovalPort, 'sweep'>;
  isolation: IsolationPort;
  drills: DrillsPort;
  ledger: RecoveryLedgerPort;
  /** Fairlead's own. */
  version: string;
}

type First<F> = F extends (input: infer Input, ...rest: never[]) => unknown ? Input : never;

type AtBoundary = <Input, Value>(
  work: (input: Input, call: Call) => Promise<Value>,
) => (envelope: Envelope<Input>) => Promise<Answer<Value>>;

export function createActivities(ports: ActivityPorts) {
  const { platforms, clock } = ports;
  const at: AtBoundary = (work) => atBoundary(ports, work);
  const plainly: AtBoundary = (work) => atBoundary(ports, work, { plain: true });
  return {
    // Looks, and records.
    loadSystem: plainly((input: First<typeof load>, call) => load(input, call, ports)),
    planOperation: plainly((input: PlanInput, call) => {
      const { kind } = input;
      return isDataKind(kind)
        ? makeDataPlan({ ...input, kind }, call, ports)
        : makePlan({ ...input, kind }, platforms);
    }),
    runChecks: at((input: ChecksAtInput, call) => runChecksAt(input, call, ports)),
    bake: at((input: BakeAtInput, call) => bakeAt(input, call, ports)),
    awaitReady: at((input: First<typeof awaitReady>, call) => awaitReady(input, call, ports)),
    readTraffic: plainly((input: Place) => readTraffic(input, platforms)),
    inspectSystem: plainly((input: First<typeof inspect>, call) => inspect(input, call, ports)),
    recordEvidence: plainly(async (_: null) => null),
    redactTexts: at(async (texts: string[]) => texts),
    sendNotice: at((input: NoticeInput, call) => sendNotice(input, call, ports)),
    sealReport: plainly((input: SealInput, call) => seal(input, call, ports)),
    // Leases.
    clearLease: plainly((input: First<typeof clearLease>, call) => clearLease(input, call, ports)),
    releaseLeases: plainly(async (leases: LeaseRef[], call) => {
      await releaseLeases(leases, call, clock);
      return null;
    }),
    // Changes.
    ensureRevision: at((input: First<typeof ensureRevision>, call) =>
      ensureRevision(input, call, platforms),
    ),
    shiftTraffic: at((input: First<typeof shiftTraffic>, call) => shiftTraffic(input, call, ports)),
    stopService: at((input: First<typeof stopService>, call) =>
      stopService(input, call, platforms),
    ),
    admitService: at((input: First<typeof admitService>, call) =>
      admitService(input, call, platforms),
    ),
    scaleRevision: at((input: First<typeof scaleRevision>, call) =>
      scaleRevision(input, call, platforms),
    ),
    restartRevision: at((input: First<typeof restartRevision>, call) =>
      restartRevision(input, call, ports),
    ),
    removeRevision: at((input: First<typeof removeRevision>, call) =>
      removeRevision(input, call, platforms),
    ),
    ...dataActivities(ports, at),
    ...drillActivities(ports, at),
    ...housekeeping(ports, plainly),
  };
}

/** What schedules and people start that is no operation. */
function housekeeping(ports: ActivityPorts, plainly: AtBoundary) {
  return {
    sweepRemnants: plainly((input: null, call) => sweep(input, call, ports)),
    checkRecovery: plainly((input: First<typeof checkRecovery>, call) =>
      checkRecovery(input, call, ports),
    ),
    acceptBackup: plainly((input: First<typeof acceptBackup>, call) =>
      acceptBackup(input, call, ports),
    ),
    writeCanaries: plainly((input: First<typeof writeCanaries>, call) =>
      writeCanaries(input, call, ports),
    ),
  };
}

/** Backups, and what proves them. */
function dataActivities(ports: ActivityPorts, at: AtBoundary) {
  return {
    takeBackup: at((input: First<typeof takeBackup>, call) => takeBackup(input, call, ports)),
    applyRetention: at((input: First<typeof applyRetention>, call) =>
      applyRetention(input, call, ports),
    ),
    examineBackup: at((input: First<typeof examineBackup>, call) =>
      examineBackup(input, call, ports),
    ),
    restoreCopy: at((input: First<typeof restoreCopy>, call) => restoreCopy(input, call, ports)),
    compareCopy: at((input: First<typeof compareCopy>, call) => compareCopy(input, call, ports)),
    askInvariants: at((input: First<typeof askInvariants>, call) =>
      askInvariants(input, call, ports),
    ),
    examineFile: at((input: First<typeof examineFile>, call) => examineFile(input, call, ports)),
    restoreFile: at((input: First<typeof restoreFile>, call) => restoreFile(input, call, ports)),
    measurePoint: at((input: MeasureInput, call) => measurePoint(input, call, ports)),
    markVerified: at((input: First<typeof markVerified>, call) => markVerified(input, call, ports)),
    markFailed: at((input: First<typeof markFailed>, call) => markFailed(input, call, ports)),
    discardCopy: at((input: First<typeof discardCopy>, call) => discardCopy(input, call, ports)),
    recordDrill: at((input: First<typeof recordDrill>, call) => recordDrill(input, call, ports)),
  };
}

/** What a drill does in isolated targets. */
function drillActivities(ports: ActivityPorts, at: AtBoundary) {
  return {
    lookBothWays: at((input: First<typeof lookBothWays>, call) => lookBothWays(input, call, ports)),
    takeInventory: at((input: First<typeof takeInventory>, call) =>
      takeInventory(input, call, ports),
    ),
    openTarget: at((input: First<typeof openTarget>, call) => openTarget(input, call, ports)),
    probeFence: at((input: First<typeof probeFence>, call) => probeFence(input, call, ports)),
    bindCopies: at((input: First<typeof bindCopies>, call) => bindCopies(input, call, ports)),
    emptyCopy: at((input: First<typeof emptyCopy>, call) => emptyCopy(input, call, ports)),
    warmCopy: at((input: WarmInput, call) => warmCopy(input, call, ports)),
    startIsolated: at((input: First<typeof startIsolated>, call) =>
      startIsolated(input, call, ports),
    ),
    askGolden: at((input: First<typeof askGolden>, call) => askGolden(input, call, ports)),
    closeTarget: at((input: First<typeof closeTarget>, call) => closeTarget(input, call, ports)),
  };
}

export type Activities = ReturnType<typeof createActivities>;
