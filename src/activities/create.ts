// Every activity that a worker offers, by the name that histories show.
import { acceptBackup } from './data/accept-backup.ts';
import { removeQuarantined } from './data/remove-quarantined.ts';
import {
  applyRetention,
  askInvariants,
  compareCopy,
  compareLive,
  examineBackup,
  keepCopy,
  markFailed,
  markVerified,
  restoreCopy,
} from './data/backups.ts';
import { discardCopy } from './data/discard-copy.ts';
import { bind, named, ofSystem, type ActivityRow, type Bound } from './bind.ts';
import type { BoundaryPorts } from './boundary.ts';
import {
  askGolden,
  bindCopies,
  closeTarget,
  lookBothWays,
  openTarget,
  probeIsolation,
  startIsolated,
} from './data/drill.ts';
import {
  exchangeStore,
  flushDerived,
  bindElsewhere,
  judgeLive,
  judgeMoved,
  lookLost,
  liftFence,
  lookAhead,
  lossAgainst,
  proveQuiet,
  writeFence,
} from './data/exchanges.ts';
import { migrateLive, startWriter, stopWriter } from './data/writers.ts';
import { emptyCopy, warmCopy } from './data/derived.ts';
import { checkRecovery } from './data/check-recovery.ts';
import { takeBackup } from './data/take-backup.ts';
import { writeHeartbeats } from './data/heartbeats.ts';
import { inspect } from './inspect.ts';
import { sweep } from './data/janitor.ts';
import { takeInventory } from './data/inventory.ts';
import { listOperations } from './incident/operations.ts';
import { readPeople } from './incident/people.ts';
import { startRunbook } from './incident/start-runbook.ts';
import { tellIncident } from './incident/tell.ts';
import { keepTimeline } from './incident/timeline.ts';
import { awaitHalt, awaitThaw, beginFreeze } from './freezes.ts';
import { clearLease, releaseLeases } from './leases/leases.ts';
import { loadSystem } from './load-system.ts';
import { planOperation } from './plan-operation.ts';
import { parseInspection } from '../domain/operation/inspection.ts';
import { adoptPlace, examineFile, restoreFile } from './data/named-files.ts';
import { measurePoint } from './data/point-in-time.ts';
import type { ByHandPort } from '../ports/by-hand.ts';
import type { BindingsPort } from '../ports/bindings.ts';
import type { ExchangesPort } from '../ports/exchanges.ts';
import type { HeartbeatPort } from '../ports/heartbeats.ts';
import type { IncidentsPort } from '../ports/incidents.ts';
import type { NamedFilesPort } from '../ports/named-files.ts';
import type { Platforms } from './platforms.ts';
import { sendNotice } from './record/notify.ts';
import type { BackupRemovalPort, BackupsPort } from '../ports/backups.ts';
import type { ObjectRemovalPort } from '../ports/objects.ts';
import type { DrillsPort } from '../ports/drills.ts';
import type { RecoveryLedgerPort } from '../ports/recovery-ledger.ts';
import type { ScheduledLedgerPort } from '../ports/steps/scheduled-ledger.ts';
import { recordDrill } from './data/recovery.ts';
import type { ChecksPort } from '../ports/checks.ts';
import type { MetricsPort } from '../ports/metrics.ts';
import type { NotifyPort } from '../ports/notify.ts';
import type { CommandsPort } from '../ports/steps/commands.ts';
import type { BegunPort } from '../ports/steps/begun.ts';
import type { KeptFilesPort } from '../ports/steps/kept-files.ts';
import type { HttpPort } from '../ports/steps/http.ts';
import type { QueriesPort } from '../ports/steps/queries.ts';
import type { RunbooksPort } from '../ports/steps/runbooks.ts';
import type { SignerPort } from '../ports/signer.ts';
import type { KeptRemovalPort, SnapshotsPort } from '../ports/snapshots.ts';
import type { SystemsPort } from '../ports/systems.ts';
import { checkVote } from './inputs/check-vote.ts';
import { checkScheduled } from './scheduled/check-scheduled.ts';
import { readSignalTimes } from './signal-times.ts';
import { seal } from './record/seal.ts';
import { createKept } from './kept.ts';
import { STEP_INPUTS } from './inputs/step-inputs.ts';
import { SYSTEM_INPUTS } from './inputs/system-inputs.ts';
import { watchWhileWaiting } from './judging/gate-watch.ts';
import { bakeAt, runChecksAt } from './judging/on-platform.ts';
import { settleService } from './settle.ts';
import { makeWay, stopService, stopServices } from './stop-services.ts';
import { askCheck, awaitCheck } from './steps/await-check.ts';
import { lookAt } from './steps/look-at.ts';
import { makeChange } from './steps/make-change.ts';
import { admitService, readTraffic, shiftTraffic } from './traffic.ts';
import {
  awaitReady,
  ensureRevision,
  removeRevision,
  restartRevision,
  scaleRevision,
} from './workload.ts';

export interface ActivityPorts extends Omit<BoundaryPorts, 'kept'> {
  platforms: Platforms;
  systems: SystemsPort;
  runbooks: RunbooksPort;
  commands: CommandsPort;
  begun: BegunPort;
  keptFiles: KeptFilesPort;
  http: HttpPort;
  queries: QueriesPort;
  metrics: MetricsPort;
  checks: ChecksPort;
  notify: NotifyPort;
  signer: SignerPort;
  backups: BackupsPort;
  /** Where datastores are today. */
  bindings: BindingsPort;
  heartbeats: HeartbeatPort;
  exchanges: ExchangesPort;
  byHand: ByHandPort;
  namedFiles: NamedFilesPort;
  /** Retention's own identity. */
  removal: BackupRemovalPort;
  /** What uploads left that were cut off. */
  uploads: Pick<ObjectRemovalPort, 'sweep'>;
  drills: DrillsPort;
  ledger: RecoveryLedgerPort;
  scheduled: ScheduledLedgerPort;
  incidents: IncidentsPort;
  snapshots: SnapshotsPort;
  /** Removes what was kept for runs that are forgotten. */
  keptRemoval: KeptRemovalPort;
  /** This one: what copies and isolated targets say of where they are. */
  machine: string;
  /** Fairlead's own. */
  version: string;
}

const ACTIVITIES = {
  // Looks, and records.
  loadSystem: { work: loadSystem, plain: true },
  planOperation: { ...ofSystem(planOperation, SYSTEM_INPUTS.planOperation), plain: true },
  runChecks: named(runChecksAt, STEP_INPUTS.runChecks),
  warmLive: named(runChecksAt, STEP_INPUTS.warmLive),
  bake: named(bakeAt, STEP_INPUTS.bake),
  watchWhileWaiting: named(watchWhileWaiting, STEP_INPUTS.watchWhileWaiting),
  awaitReady: named(awaitReady, STEP_INPUTS.awaitReady),
  readTraffic: { ...ofSystem(readTraffic, SYSTEM_INPUTS.readTraffic), plain: true },
  inspectSystem: { work: inspect, plain: true, question: parseInspection },
  checkVote: { ...ofSystem(checkVote, SYSTEM_INPUTS.checkVote), plain: true },
  recordEvidence: { work: async (_: null) => null, plain: true },
  readSignalTimes: { work: readSignalTimes, plain: true },
  redactTexts: { work: async (texts: string[]) => texts },
  sendNotice: ofSystem(sendNotice, SYSTEM_INPUTS.sendNotice),
  sealReport: { ...ofSystem(seal, SYSTEM_INPUTS.sealReport), plain: true },
  // Leases.
  clearLease: { ...ofSystem(clearLease, SYSTEM_INPUTS.clearLease), plain: true },
  releaseLeases: { work: releaseLeases, plain: true },
  // Freezes.
  beginFreeze: { work: beginFreeze, plain: true },
  awaitHalt: { work: awaitHalt, plain: true },
  awaitThaw: { ...ofSystem(awaitThaw, SYSTEM_INPUTS.awaitThaw), plain: true },
  // Incidents.
  readPeople: { work: readPeople, plain: true },
  listOperations: { work: listOperations, plain: true },
  keepTimeline: { work: keepTimeline, plain: true },
  tellIncident: { work: tellIncident, plain: true },
  startRunbook: { work: startRunbook, plain: true },
  // Changes of services.
  ensureRevision: named(ensureRevision, STEP_INPUTS.ensureRevision),
  shiftTraffic: named(shiftTraffic, STEP_INPUTS.shiftTraffic),
  stopServices: { ...named(stopServices, STEP_INPUTS.stopServices), byRun: true },
  stopService: named(stopService, STEP_INPUTS.stopService),
  makeWay: { ...ofSystem(makeWay, SYSTEM_INPUTS.makeWay), byRun: true },
  admitService: named(admitService, STEP_INPUTS.admitService),
  scaleRevision: named(scaleRevision, STEP_INPUTS.scaleRevision),
  restartRevision: named(restartRevision, STEP_INPUTS.restartRevision),
  settleService: named(settleService, STEP_INPUTS.settleService),
  removeRevision: named(removeRevision, STEP_INPUTS.removeRevision),
  // Runbooks of steps.
  lookAt: named(lookAt, STEP_INPUTS.lookAt),
  askCheck: named(askCheck, STEP_INPUTS.askCheck),
  awaitCheck: named(awaitCheck, STEP_INPUTS.awaitCheck),
  makeChange: named(makeChange, STEP_INPUTS.makeChange),
  // Backups, and what proves them.
  takeBackup: named(takeBackup, STEP_INPUTS.takeBackup),
  applyRetention: named(applyRetention, STEP_INPUTS.applyRetention),
  examineBackup: named(examineBackup, STEP_INPUTS.examineBackup),
  restoreCopy: named(restoreCopy, STEP_INPUTS.restoreCopy),
  compareCopy: named(compareCopy, STEP_INPUTS.compareCopy),
  compareLive: named(compareLive, STEP_INPUTS.compareLive),
  keepCopy: named(keepCopy, STEP_INPUTS.keepCopy),
  askInvariants: named(askInvariants, STEP_INPUTS.askInvariants),
  examineFile: named(examineFile, STEP_INPUTS.examineFile),
  restoreFile: named(restoreFile, STEP_INPUTS.restoreFile),
  adoptPlace: named(adoptPlace, STEP_INPUTS.adoptPlace),
  measurePoint: named(measurePoint, STEP_INPUTS.measurePoint),
  markVerified: named(markVerified, STEP_INPUTS.markVerified),
  markFailed: named(markFailed, STEP_INPUTS.markFailed),
  discardCopy: named(discardCopy, STEP_INPUTS.discardCopy),
  recordDrill: ofSystem(recordDrill, SYSTEM_INPUTS.recordDrill),
  // What a drill does in isolated targets.
  lookBothWays: named(lookBothWays, STEP_INPUTS.lookBothWays),
  takeInventory: named(takeInventory, STEP_INPUTS.takeInventory),
  openTarget: named(openTarget, STEP_INPUTS.openTarget),
  probeIsolation: named(probeIsolation, STEP_INPUTS.probeIsolation),
  bindCopies: named(bindCopies, STEP_INPUTS.bindCopies),
  emptyCopy: named(emptyCopy, STEP_INPUTS.emptyCopy),
  warmCopy: named(warmCopy, STEP_INPUTS.warmCopy),
  startIsolated: named(startIsolated, STEP_INPUTS.startIsolated),
  askGolden: named(askGolden, STEP_INPUTS.askGolden),
  closeTarget: named(closeTarget, STEP_INPUTS.closeTarget),
  // What a recovery does with what is live.
  lookAhead: named(lookAhead, STEP_INPUTS.lookAhead),
  stopWriter: named(stopWriter, STEP_INPUTS.stopWriter),
  migrateLive: named(migrateLive, STEP_INPUTS.migrateLive),
  startWriter: named(startWriter, STEP_INPUTS.startWriter),
  writeFence: named(writeFence, STEP_INPUTS.writeFence),
  liftFence: named(liftFence, STEP_INPUTS.liftFence),
  proveQuiet: named(proveQuiet, STEP_INPUTS.proveQuiet),
  lossAgainst: named(lossAgainst, STEP_INPUTS.lossAgainst),
  exchangeStore: named(exchangeStore, STEP_INPUTS.exchangeStore),
  judgeLive: named(judgeLive, STEP_INPUTS.judgeLive),
  lookLost: named(lookLost, STEP_INPUTS.lookLost),
  bindElsewhere: named(bindElsewhere, STEP_INPUTS.bindElsewhere),
  judgeMoved: named(judgeMoved, STEP_INPUTS.judgeMoved),
  flushDerived: named(flushDerived, STEP_INPUTS.flushDerived),
  // What schedules and people start that is no operation.
  sweepRemnants: { work: sweep, plain: true },
  checkRecovery: { work: checkRecovery, plain: true },
  checkScheduled: { work: checkScheduled, plain: true },
  acceptBackup: { work: acceptBackup, plain: true },
  removeQuarantined: { work: removeQuarantined, plain: true },
  writeHeartbeats: { work: writeHeartbeats, plain: true },
} satisfies Record<string, ActivityRow>;

export type Activities = Bound<typeof ACTIVITIES>;

export function createActivities(ports: ActivityPorts): Activities {
  return bind(ACTIVITIES, { ...ports, kept: createKept(ports.snapshots) });
}
