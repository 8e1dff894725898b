// Where the server and the local host are killed, and when a frozen worker wakes, by the type of the operation.
import type { OperationType } from './fault-run.ts';

const POINTS: Record<OperationType, { server: string[]; host: string[] }> = {
  canaryDeploy: {
    server: [
      'canaryDeploy/ensureRevision/ensure#1/after',
      'canaryDeploy/shiftTraffic:set/weight-20#1/after',
      'canaryDeploy/bake/weight-50#1/before',
      'canaryDeploy/recordEvidence/weight-50#1/after',
      'canaryDeploy/shiftTraffic/weight-100#1/before',
    ],
    host: [
      'canaryDeploy/ensureRevision:ensure/ensure#1/after',
      'canaryDeploy/shiftTraffic:set/weight-20#1/before',
      'canaryDeploy/shiftTraffic:set/weight-50#1/after',
      'canaryDeploy/bake/watch#1/before',
      'retireRevision/removeRevision:remove/remove#1/after',
    ],
  },
  blueGreenDeploy: {
    server: [
      'blueGreenDeploy/ensureRevision/ensure#1/after',
      'blueGreenDeploy/shiftTraffic:set/switch#1/after',
      'blueGreenDeploy/bake/preview#1/before',
      'blueGreenDeploy/recordEvidence/preview#1/after',
      'blueGreenDeploy/bake/watch#1/before',
    ],
    host: [
      'blueGreenDeploy/ensureRevision:ensure/ensure#1/after',
      'blueGreenDeploy/shiftTraffic:set/switch#1/before',
      'blueGreenDeploy/shiftTraffic:set/switch#1/after',
      'blueGreenDeploy/bake/preview#1/before',
      'retireRevision/removeRevision:remove/remove#1/after',
    ],
  },
  // Without the local host there are no users to be noticed by: production is not well then, and a drill says so.
  backup: { server: ['backup/takeBackup:backup/backup-data#1/after'], host: [] },
  disasterRecovery: {
    server: [
      'disasterRecovery/openTarget:open/isolate#1/after',
      'disasterRecovery/restoreCopy:restore/restore-data#1/before',
      'disasterRecovery/restoreCopy:restore/restore-data#1/after',
      'disasterRecovery/startIsolated:start/start-api#1/after',
      'disasterRecovery/closeTarget:close/close#1/after',
    ],
    host: [],
  },
  recover: {
    server: [
      'disasterRecovery/restoreCopy:restore/loads#1/before',
      'disasterRecovery/restoreCopy:restore/loads#1/after',
      'disasterRecovery/keepCopy:keep/keep#1/after',
    ],
    host: [],
  },
  recoverLive: { server: [], host: [] },
  recoverAdopted: { server: [], host: [] },
  recoverBound: { server: [], host: [] },
  recoverLost: { server: [], host: [] },
  runbook: {
    server: ['runbook/makeChange:run/mark#1/before', 'runbook/makeChange:run/mark#1/after'],
    host: [],
  },
  maintenanceWindow: { server: [], host: [] },
  incident: { server: [], host: [] },
};

const DEPLOY = /^\w+\/(ensureRevision|shiftTraffic|removeRevision)(:\w+)?\//;

/** The changes at which a worker is frozen. */
export const FROZEN: Partial<Record<OperationType, RegExp>> = {
  canaryDeploy: DEPLOY,
  blueGreenDeploy: DEPLOY,
  runbook: /^(runbook\/makeChange|restartService\/restartRevision)(:\w+)?\//,
  maintenanceWindow: /^(maintenanceWindow\/(stop|admit)Service|backup\/takeBackup)(:\w+)?\//,
  // Of many lines the first: another worker counts its own from one.
  incident: /^incident\/(keepTimeline|startRunbook)\/incident#1\//,
};

/** When a frozen worker wakes: once the operation has made its next change, or is about to end. */
export const WAKES: Record<string, string> = {
  'canaryDeploy/ensure': 'canaryDeploy/shiftTraffic/weight-20#1/completed',
  'canaryDeploy/weight-20': 'canaryDeploy/shiftTraffic/weight-50#1/completed',
  'canaryDeploy/weight-50': 'canaryDeploy/shiftTraffic/weight-100#1/completed',
  'canaryDeploy/weight-100': 'canaryDeploy/sealReport/seal#1/before',
  'blueGreenDeploy/ensure': 'blueGreenDeploy/shiftTraffic/switch#1/completed',
  'blueGreenDeploy/switch': 'blueGreenDeploy/sealReport/seal#1/before',
  'retireRevision/remove': 'retireRevision/sealReport/seal#1/before',
  'runbook/mark': 'restartService/restartRevision/restart#1/completed',
  'restartService/restart': 'runbook/awaitCheck/up#1/completed',
  'maintenanceWindow/stop-api': 'backup/takeBackup/backup-data#1/completed',
  'backup/backup-data': 'runbook/makeChange/mark#1/completed',
  'maintenanceWindow/admit-api': 'maintenanceWindow/sealReport/seal#1/before',
  // An incident is one step.
  'incident/keepTimeline': 'incident/keepTimeline/incident#2/completed',
  'incident/startRunbook': 'runbook/sealReport/seal#1/before',
};

/** For operations of this type. */
export function pointsFor(type: OperationType): { server: string[]; host: string[] } {
  return POINTS[type];
}
