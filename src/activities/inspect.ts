// What a system looks like now, and reports of operations that a worker has the evidence of.
import { Context, getClient } from '@temporalio/activity';
import type { IncidentRecord } from '../domain/incident/timeline.ts';
import { catalogueOf } from './data/catalogue.ts';
import { readIncident } from './incident/read.ts';
import type { BackupList } from '../domain/backup/backup-list.ts';
import { gateWatchSeen, type GateWatchStatus } from '../domain/analysis/gate-watch.ts';
import { buildReport } from '../domain/record/build-report.ts';
import { Failure } from '../domain/failure.ts';
import type { Inspection } from '../domain/operation/inspection.ts';
import { secretSource, type LoadedSystem } from '../domain/loaded-system.ts';
import type { Recoverability } from '../domain/recovery/recoverability.ts';
import { reportAnswer, type ReportEntries } from '../domain/record/report-answer.ts';
import type { Report } from '../domain/record/report.ts';
import { windowsAnswer, type WindowsAnswer } from '../domain/time/windows.ts';
import { janitorSchedule, type WantedSchedules } from '../domain/time/schedules.ts';
import { runbooksOfType } from '../runbooks/index.ts';
import { wantedSchedules } from '../runbooks/schedules.ts';
import type { ScheduledRunbook } from '../domain/time/scheduled.ts';
import type { SystemStatus } from '../domain/operation/status.ts';
import { percentOf, normalised } from '../domain/traffic/weights.ts';
import type { Served, Weights } from '../domain/rollout/model.ts';
import { serviceTarget } from '../domain/rollout/service-target.ts';
import type { Call } from './call.ts';
import { describe } from './executions.ts';
import { freezesOver } from './freezes.ts';
import { readWorld, servicePlatform, type Platforms } from './platforms.ts';
import type { BindingsPort } from '../ports/bindings.ts';
import type { ExchangesPort } from '../ports/exchanges.ts';
import type { IncidentsPort } from '../ports/incidents.ts';
import type { EvidencePort } from '../ports/evidence.ts';
import type { Redactor } from '../ports/redactor.ts';
import type { RunRef } from '../domain/operation/operation.ts';
import type { ListedRunbook, RunbooksPort } from '../ports/steps/runbooks.ts';
import type { SystemsPort } from '../ports/systems.ts';
import { loadOrKept, type LoadOrKeptPorts } from './load-or-kept.ts';
import { recoverabilityOf, type RecoveryPorts } from './data/recovery.ts';
import { redactionOf } from './redaction.ts';
import { scheduledOf } from './scheduled/scheduled.ts';
import { diffOf, logsOf, type DiffAnswer, type LogsAnswer } from './service-logs.ts';
import { commandsOf, type CommandsAnswer, type CommandsPorts } from './by-hand/commands.ts';
import { tryStart, type StartAnswer } from './try-start.ts';

export interface InspectPorts extends RecoveryPorts, LoadOrKeptPorts {
  systems: SystemsPort;
  runbooks: RunbooksPort;
  platforms: Platforms;
  evidence: EvidencePort;
  redactor: Redactor;
  bindings: BindingsPort;
  exchanges: ExchangesPort;
  namedFiles: CommandsPorts['namedFiles'];
  byHand: CommandsPorts['byHand'];
  incidents: IncidentsPort;
}

/** `null` for a system that has nothing to recover. */
export interface RecoveryAnswer {
  system: string;
  recovery: Recoverability | null;
}

/** The runbooks of steps of a system, by name. */
export interface RunbookList {
  system: string;
  runbooks: ListedRunbook[];
}

/** How the runbooks on the schedule of a system stand. */
export interface ScheduledNow {
  system: string;
  scheduled: ScheduledRunbook[];
}

export type Inspected =
  | SystemStatus
  | Report
  | ReportEntries
  | BackupList
  | WantedSchedules
  | RecoveryAnswer
  | StartAnswer
  | CommandsAnswer
  | RunbookList
  | ScheduledNow
  | LogsAnswer
  | DiffAnswer
  | WindowsAnswer
  | IncidentRecord;

const MOST_OPERATIONS = 20;
/** All that a question has that asks how a system is. */
const STATUS_FIELDS: ReadonlySet<string> = new Set(['system', 'report']);
/** States in which people are waited for. */
const WAITING: ReadonlySet<string> = new Set(['waiting', 'paused', 'parked']);

export async function inspect(
  input: Inspection,
  call: Call,
  ports: InspectPorts,
): Promise<Inspected> {
  if (input.report !== null) return readReport(input.report, ports.evidence);
  if (input.incident !== undefined) return readIncident(input.incident, input.system, call, ports);
  if (input.schedules === true) return schedulesOf(input.system, ports);
  const loaded = await (needsNoFile(input)
    ? loadOrKept(input.system, call, ports)
    : ports.systems.load(input.system));
  if (input.logs !== undefined) {
    const names = [loaded.name, input.logs.service];
    const shown = await redactionOf(ports.redactor, secretSource(loaded), names);
    return shown(await logsOf(loaded, input.logs, call, ports));
  }
  if (input.diff !== undefined) return diffOf(loaded, input.diff.service, call, ports);
  if (input.windows !== undefined) return windowsOf(loaded, input.windows.at, ports);
  if (input.start !== undefined) return tryStart(input.start, loaded, call, ports);
  if (input.commands !== undefined) return commandsOf(input.commands, loaded, call, ports);
  return wholeSystem(input, loaded, call, ports);
}

async function wholeSystem(
  { backups, recovery, runbooks, scheduled }: Inspection,
  loaded: LoadedSystem,
  call: Call,
  ports: InspectPorts,
): Promise<Inspected> {
  if (runbooks === true) {
    return { system: loaded.name, runbooks: await ports.runbooks.list(loaded) };
  }
  if (scheduled === true) return scheduledNow(loaded, ports);
  if (backups === true) return catalogueOf(loaded, call, ports);
  return recovery === true ? recoveryOf(loaded, call, ports) : statusOf(loaded, call, ports);
}

/** What is there, what it says, and whether something could be started that is not held up by the file either. */
function needsNoFile({ commands, start = commands, logs, ...others }: Inspection): boolean {
  if (start !== undefined) return runbooksOfType(start.type)[0]?.needsNoFile === true;
  return logs !== undefined || Object.keys(others).every((one) => STATUS_FIELDS.has(one));
}

async function statusOf(
  loaded: LoadedSystem,
  call: Call,
  ports: InspectPorts,
): Promise<SystemStatus> {
  const shown = await redactionOf(ports.redactor, secretSource(loaded), [loaded.name]);
  const services: SystemStatus['services'] = {};
  for (const [service, { rollout }] of Object.entries(loaded.system.services)) {
    const target = serviceTarget(loaded, service);
    const { traffic, revisions, history } = await readWorld(ports.platforms, target, call);
    services[service] = {
      url: traffic.url,
      stopped: traffic.stopped,
      admitPercent: traffic.admitPercent,
      ...(traffic.clients !== undefined && { clients: traffic.clients }),
      strategy: rollout.strategy,
      unready: servicePlatform(ports.platforms, target).unready,
      ...sinceOf(traffic.weights, history[0]),
      weights: normalised(traffic.weights),
      revisions: revisions.map(({ spec, ready, desired, condition, problem }) => ({
        version: spec.version,
        revision: spec.id,
        weight: percentOf(traffic.weights, spec.id),
        ready,
        desired,
        condition,
        ...(problem !== undefined && { problem: shown(problem) }),
      })),
    };
  }
  return {
    system: loaded.name,
    systemDigest: loaded.digest,
    ...(loaded.instead !== undefined && { instead: shown(loaded.instead) }),
    services,
    datastores: Object.keys(loaded.system.datastores ?? {}),
    freezes: (await freezesOver(loaded.name, ports.clock.now())).map((one) => ({
      ...one,
      reason: shown(one.reason),
    })),
    operations: await openOperations(loaded.name),
  };
}

function sinceOf(weights: Weights, newest: Served | undefined): { since?: string } {
  const isLive = newest !== undefined && percentOf(weights, newest.spec.id) === 100;
  return isLive ? { since: newest.since } : {};
}

async function scheduledNow(
  loaded: LoadedSystem,
  { clock, redactor }: InspectPorts,
): Promise<ScheduledNow> {
  const shown = await redactionOf(redactor, secretSource(loaded), [loaded.name]);
  return shown({ system: loaded.name, scheduled: await scheduledOf(loaded, clock.now()) });
}

function windowsOf(
  { name, system }: LoadedSystem,
  at: string | null,
  { clock }: InspectPorts,
): WindowsAnswer {
  const when = at === null ? clock.now() : Date.parse(at);
  return windowsAnswer(name, system.changes, when);
}

/** The schedules that system files ask for. A named system that cannot be read fails; among all systems it is told, and the others are answered. */
async function schedulesOf(
  only: string,
  { systems, redactor }: InspectPorts,
): Promise<WantedSchedules> {
  const answer: WantedSchedules = {
    schema: 'fairlead/wanted-schedules/v1',
    systems: [],
    wanted: [janitorSchedule(Context.current().info.taskQueue)],
    broken: [],
  };
  for (const name of only === '' ? await systems.names() : [only]) {
    try {
      const { system } = await systems.load(name);
      answer.systems.push(name);
      answer.wanted.push(...wantedSchedules(name, system));
    } catch (error) {
      if (only !== '' || !(error instanceof Failure)) throw error;
      answer.broken.push({ system: name, message: redactor.redact(error.message, [name]) });
    }
  }
  return answer;
}

async function recoveryOf(
  loaded: LoadedSystem,
  call: Call,
  ports: InspectPorts,
): Promise<RecoveryAnswer> {
  const names = [loaded.name, ...Object.keys(loaded.system.datastores ?? {})];
  const shown = await redactionOf(ports.redactor, secretSource(loaded), names);
  return shown({ system: loaded.name, recovery: await recoverabilityOf(loaded, call, ports) });
}

async function readReport(run: RunRef, evidence: EvidencePort): Promise<Report | ReportEntries> {
  const entries = await evidence.read(run);
  if (entries.length > 0) {
    return reportAnswer(buildReport(entries, { signed: await evidence.signature(run) }));
  }
  throw new Failure(
    'NotFound',
    `no evidence of ${run.workflowId} (run ${run.runId}) is kept by this worker`,
  );
}

async function openOperations(system: string): Promise<SystemStatus['operations']> {
  // The name was checked against the pattern of names: it cannot leave its quotes.
  const query = `FairleadSystem = '${system}' AND ExecutionStatus = 'Running'`;
  const found: SystemStatus['operations'] = [];
  for await (const run of getClient().workflow.list({ query })) {
    const attributes = run.typedSearchAttributes.getAll();
    const valueOf = (name: string): string =>
      String(attributes.find(({ key }) => key.name === name)?.value ?? '');
    const state = valueOf('FairleadState');
    const watch = WAITING.has(state) ? await watchOf(run) : undefined;
    found.push({
      operation: valueOf('FairleadOperation'),
      kind: run.type,
      state,
      startedAt: run.startTime.toISOString(),
      ...(watch !== undefined && { watch }),
    });
    if (found.length >= MOST_OPERATIONS) break;
  }
  return found;
}

/** What the gate watch of an operation says, which its heartbeat carries. */
async function watchOf({ workflowId, runId }: RunRef): Promise<GateWatchStatus | undefined> {
  const pending = (await describe(workflowId, runId))?.raw.pendingActivities ?? [];
  const { payloadConverter } = getClient().options.loadedDataConverter;
  return gateWatchSeen(pending, (payload) => payloadConverter.fromPayload(payload), Date.now());
}
