// What a system looks like now, and reports of operations that a worker has the evidence of.
import { getClient } from '@temporalio/activity';
import { listBackups, type BackupList } from '../domain/backup-list.ts';
import type { CatalogueEntry } from '../domain/backup.ts';
import { buildReport } from '../domain/build-report.ts';
import { Failure } from '../domain/failure.ts';
import { secretSource, type LoadedSystem } from '../domain/loaded-system.ts';
import type { Recoverability } from '../domain/recoverability.ts';
import { reportAnswer, type ReportEntries } from '../domain/report-answer.ts';
import type { Report } from '../domain/report.ts';
import type { SystemStatus } from '../domain/status.ts';
import { percentOf, normalised } from '../domain/weights.ts';
import type { Call } from './boundary.ts';
import { placeOf, readWorld, type Platforms } from './platforms.ts';
import type { EvidencePort, Redactor, RunRef, SystemsPort } from './ports.ts';
import { recoverabilityOf, type RecoveryPorts } from './recovery.ts';
import { redactionOf } from './redaction.ts';

export interface InspectInput {
  system: string;
  /** Read this run's report instead. */
  report: RunRef | null;
  /** Read the catalogue of its backups instead. */
  backups?: true;
  /** Work out whether it is recoverable instead. */
  recovery?: true;
}

export interface InspectPorts extends RecoveryPorts {
  systems: SystemsPort;
  platforms: Platforms;
  evidence: EvidencePort;
  redactor: Redactor;
}

/** `null` for a system that has nothing to recover. */
export interface RecoveryAnswer {
  system: string;
  recovery: Recoverability | null;
}

export type Inspected = SystemStatus | Report | ReportEntries | BackupList | RecoveryAnswer;

const MOST_OPERATIONS = 20;
const MOST_BACKUPS = 500;

export async function inspect(
  input: InspectInput,
  call: Call,
  ports: InspectPorts,
): Promise<Inspected> {
  if (input.report !== null) return readReport(input.report, ports.evidence);
  const loaded = await ports.systems.load(input.system);
  if (input.backups === true) return catalogueOf(loaded, call, ports);
  return input.recovery === true ? recoveryOf(loaded, call, ports) : statusOf(loaded, ports);
}

async function statusOf(loaded: LoadedSystem, ports: InspectPorts): Promise<SystemStatus> {
  const shown = await redactionOf(ports.redactor, secretSource(loaded), [loaded.name]);
  const services: SystemStatus['services'] = {};
  for (const [service, { rollout }] of Object.entries(loaded.system.services)) {
    const { traffic, revisions } = await readWorld(ports.platforms, placeOf(loaded, service));
    services[service] = {
      url: traffic.url,
      stopped: traffic.stopped,
      admitPercent: traffic.admitPercent,
      strategy: rollout.strategy,
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
    services,
    operations: await openOperations(loaded.name),
  };
}

async function catalogueOf(
  loaded: LoadedSystem,
  call: Call,
  { backups, redactor }: InspectPorts,
): Promise<BackupList> {
  const names = Object.keys(loaded.system.datastores ?? {});
  const shown = await redactionOf(redactor, secretSource(loaded), [loaded.name, ...names]);
  const found: Record<string, CatalogueEntry[]> = {};
  for (const datastore of names) {
    found[datastore] = await backups.list({ system: loaded.name, datastore }, call);
  }
  return shown(listBackups(loaded.name, found, MOST_BACKUPS));
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
    found.push({
      operation: valueOf('FairleadOperation'),
      kind: run.type,
      state: valueOf('FairleadState'),
      startedAt: run.startTime.toISOString(),
    });
    if (found.length >= MOST_OPERATIONS) break;
  }
  return found;
}
