// A stop that asks no Temporal server and no worker: the platform of each service is told at once, by the process that was
// asked. For the hour in which Temporal does not answer or cannot write. Its record is kept beside those of operations.
import { randomUUID } from 'node:crypto';
import type { Call } from './activities/call.ts';
import { createKept } from './activities/kept.ts';
import { loadOrKept } from './activities/load-or-kept.ts';
import { trafficOf } from './activities/platforms.ts';
import { redactionOf } from './activities/redaction.ts';
import { signRecord } from './activities/record/sign-record.ts';
import { sideBySide } from './activities/side-by-side.ts';
import { stopServices } from './activities/stop-services.ts';
import type { ActivityPorts } from './activities/create.ts';
import { SettingsError, workerSettings } from './config/environment.ts';
import { Failure } from './domain/failure.ts';
import { secretSource, type LoadedSystem } from './domain/loaded-system.ts';
import type {
  DirectStop,
  DirectStopRequest,
  StopWithoutTemporal,
} from './domain/record/direct-stop.ts';
import type { StoppedService } from './domain/operation/step-result.ts';
import { buildReport } from './domain/record/build-report.ts';
import type { EvidenceBody, EvidenceEntry } from './domain/record/evidence.ts';
import { extended } from './domain/record/evidence-chain.ts';
import { serviceTarget, type ServiceTarget } from './domain/rollout/service-target.ts';
import { isServed, stopTraffic } from './runbooks/stop-traffic.ts';
import { realPorts } from './worker-assembly.ts';

/** What is done within one run: nothing is repeated, so the first change is the only one. */
const SEQUENCE = 1;
/** The last attempt of a stop as an operation has it: what a platform does not answer is told, and not asked again. */
const LAST_ATTEMPT = 99;

export const stopWithoutTemporal: StopWithoutTemporal = async (request, env) => {
  try {
    return await stopped(request, realPorts(workerSettings(env)));
  } catch (error) {
    if (error instanceof SettingsError) {
      return { failed: { kind: 'BadInput', message: error.message } };
    }
    if (!(error instanceof Failure)) throw error;
    return { failed: { kind: error.kind, message: error.message } };
  }
};

/** Side by side. Throws `Failure` where it is not known which services there are; what becomes of each stands in the report. */
async function stopped(request: DirectStopRequest, ports: ActivityPorts): Promise<DirectStop> {
  const began = ports.clock.now();
  const { system, service } = request;
  const operation = stopTraffic.id({ system, ...(service !== undefined && { service }) });
  const run = { workflowId: operation, runId: `without-temporal-${randomUUID()}` };
  const call = callOf(operation, run, began);
  const loaded = await loadOrKept(system, call, { ...ports, kept: createKept(ports.snapshots) });
  const names = service === undefined ? Object.keys(loaded.system.services) : [service];
  const targets = names.map((name) => serviceTarget(loaded, name));
  const services = await stopOpen(targets, call, ports);
  const shown = await redactionOf(ports.redactor, secretSource(loaded), [system, ...names]);
  const bodies = shown(recordOf(request, { operation, run, loaded, services }));
  const entries = chained(bodies, { began, ended: ports.clock.now() });
  return await kept(run, entries, ports);
}

function callOf(operation: string, run: Call['run'], epoch: number): Call {
  const step = 'stop-without-temporal';
  return {
    ...{ operation, step, run, kept: null, urgent: true, previous: undefined },
    attempt: LAST_ATTEMPT,
    signal: new AbortController().signal,
    beat: () => undefined,
    givenUp: () => false,
    // Newer than the epoch of every operation that was there before: what of those goes on is superseded.
    token: () => Promise.resolve({ operation, run: run.runId, step, epoch, sequence: SEQUENCE }),
  };
}

/** What never had traffic is left alone: a stop of it would be in the way of its first deploy. */
async function stopOpen(
  targets: ServiceTarget[],
  call: Call,
  ports: ActivityPorts,
): Promise<StoppedService[]> {
  const seen = await sideBySide(targets, async (target) => {
    try {
      const traffic = await trafficOf(ports.platforms, target).read(target, call);
      return { open: isServed(traffic) ? [target] : [], unread: [] };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const failed = { kind: error.kind, message: error.message };
      return { open: [], unread: [{ service: target.service, failed }] };
    }
  });
  const open = seen.flatMap((one) => one.open);
  return [...(await stopServices(open, call, ports)), ...seen.flatMap((one) => one.unread)];
}

interface Stopped {
  operation: string;
  run: Call['run'];
  loaded: LoadedSystem;
  services: StoppedService[];
}

function recordOf(
  { system, requestedBy, reason = null }: DirectStopRequest,
  { operation, run, loaded, services }: Stopped,
): EvidenceBody[] {
  const failed = services.filter((one) => 'failed' in one);
  const kind = stopTraffic.type;
  return [
    {
      ...{ type: 'opened', operation, kind, system, systemDigest: loaded.digest },
      ...{ ...run, requestedBy, reason },
    },
    {
      type: 'finding',
      text: 'done without Temporal: no lease was taken, and nobody was asked to give way',
    },
    ...(loaded.instead === undefined ? [] : [{ type: 'finding' as const, text: loaded.instead }]),
    ...services.flatMap(stepOf),
    {
      type: 'closed',
      outcome: failed.length > 0 ? 'failed' : services.length === 0 ? 'nothingToDo' : 'succeeded',
      verdict: null,
      serving: failed.length > 0 ? 'unknown' : 'none',
      message: messageOf(services, failed.length),
      leftovers: services.flatMap((one) =>
        'failed' in one ? [`${one.service} may still be served: ${one.failed.message}`] : [],
      ),
    },
  ];
}

function stepOf(one: StoppedService): EvidenceBody[] {
  const { service } = one;
  const step = { type: 'step' as const, id: `stop-${service}`, attempts: 1 };
  const title = `Stop traffic of ${service}: 503 with Retry-After`;
  if ('failed' in one) {
    return [{ ...step, title, status: 'failed', detail: one.failed.message }];
  }
  return [
    { ...step, title, status: 'done', detail: one.detail },
    { type: 'weights', service, versions: [] },
  ];
}

function messageOf(stopped: StoppedService[], failed: number): string {
  if (stopped.length === 0) return 'no service has traffic';
  const done = `${stopped.length - failed} of ${stopped.length} services stopped`;
  return `${done}, without Temporal`;
}

function chained(
  [opened, ...rest]: EvidenceBody[],
  { began, ended }: { began: number; ended: number },
): EvidenceEntry[] {
  const first = opened === undefined ? [] : [opened];
  const entries = extended([], new Date(began).toISOString(), first);
  return extended(entries, new Date(ended).toISOString(), rest);
}

/** Users are kept out by now: a record that cannot be kept is told, and fails nothing. */
async function kept(
  run: Call['run'],
  entries: EvidenceEntry[],
  ports: ActivityPorts,
): Promise<DirectStop> {
  try {
    await ports.evidence.append(run, entries);
    const signed = await signRecord(ports, run, entries);
    return { report: buildReport(entries, { signed }) };
  } catch (error) {
    const unkept = error instanceof Error ? error.message : String(error);
    return { report: buildReport(entries), unkept };
  }
}
