// Every activity that a worker offers, by the name that histories show.
import { atBoundary, type BoundaryPorts, type Call } from './boundary.ts';
import { inspect } from './inspect.ts';
import { clearLease, releaseLeases, type LeaseRef } from './leases.ts';
import { load, makePlan, type PlanInput } from './plan.ts';
import type { Place, Platforms } from './platforms.ts';
import { sendNotice, type NoticeInput } from './notify.ts';
import type { ChecksPort, MetricsPort, NotifyPort, SystemsPort } from './ports.ts';
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
}

type First<F> = F extends (input: infer Input, ...rest: never[]) => unknown ? Input : never;

export function createActivities(ports: ActivityPorts) {
  const { platforms, clock } = ports;
  const at = <Input, Value>(work: (input: Input, call: Call) => Promise<Value>) =>
    atBoundary(ports, work);
  const plainly = <Input, Value>(work: (input: Input, call: Call) => Promise<Value>) =>
    atBoundary(ports, work, { plain: true });
  return {
    // Looks, and records.
    loadSystem: plainly((input: First<typeof load>, call) => load(input, call, ports)),
    planOperation: plainly((input: PlanInput) => makePlan(input, platforms)),
    runChecks: at((input: ChecksAtInput, call) => runChecksAt(input, call, ports)),
    bake: at((input: BakeAtInput, call) => bakeAt(input, call, ports)),
    awaitReady: at((input: First<typeof awaitReady>, call) => awaitReady(input, call, ports)),
    readTraffic: plainly((input: Place) => readTraffic(input, platforms)),
    inspectSystem: plainly((input: First<typeof inspect>) => inspect(input, ports)),
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
  };
}

export type Activities = ReturnType<typeof createActivities>;
