// Puts a worker together: settings → adapters → activities → Worker. Used by the worker's entry, and by tests
// with other ports or with interceptors.
import { readFile } from 'node:fs/promises';
import { existsSync, realpathSync } from 'node:fs';
import { join, resolve, basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { createActivities, type ActivityPorts } from './activities/create.ts';
import { watchQueueOf } from './domain/analysis/gate-watch.ts';
import type { Clock } from './ports/clock.ts';
import { listSystemRunbooks, loadSystem, loadSystemRunbook } from './config/load.ts';
import { systemNames } from './config/system-names.ts';
import type { WorkerSettings } from './config/environment.ts';
import { createBackups } from './datastores/backups.ts';
import { createByHand } from './datastores/by-hand/by-hand.ts';
import { createExchanges } from './datastores/exchanges.ts';
import { createHeartbeats } from './datastores/heartbeats.ts';
import { createBindings } from './datastores/bindings.ts';
import { createDrills } from './datastores/drills.ts';
import { createNamedFiles } from './datastores/named-files.ts';
import { createQueries } from './datastores/queries.ts';
import { createStores } from './datastores/registry.ts';
import { createBackupRemoval } from './datastores/removal.ts';
import { copiesFolder } from './machine/copies-folder.ts';
import { createBegun } from './integrations/steps/begun.ts';
import { createCommands } from './integrations/steps/commands.ts';
import { createKeptFiles } from './integrations/steps/kept-files.ts';
import { createCheckRunner } from './integrations/check-runner.ts';
import { createHttp } from './integrations/steps/http.ts';
import { createNotify } from './integrations/notify/notify.ts';
import { createEarlierEvidence } from './integrations/earlier-evidence.ts';
import { createIncidents } from './integrations/incidents.ts';
import { createEvidence } from './integrations/evidence.ts';
import { createObjectRemoval, createObjectsFolder } from './integrations/objects-folder.ts';
import { createPrometheusMetrics } from './integrations/prometheus.ts';
import { createEpochs } from './integrations/epochs.ts';
import { createRecoveryLedger } from './integrations/recovery-ledger.ts';
import { createScheduledLedger } from './integrations/steps/scheduled-ledger.ts';
import { createScrapeMetrics } from './integrations/scrape.ts';
import type { SecretSources } from './integrations/secret-value.ts';
import { createRedactor } from './integrations/secrets.ts';
import { createRunIndex } from './integrations/records/run-index.ts';
import { withSignatures } from './integrations/records/signed-objects.ts';
import type { SignerPort } from './ports/signer.ts';
import { createSigner } from './integrations/signing.ts';
import { createKeptRemoval } from './integrations/kept-removal.ts';
import { createSnapshots } from './integrations/snapshots.ts';
import { noteServer, storeId, type TemporalServer } from './integrations/store-id.ts';
import { createPlatforms } from './platforms/registry.ts';
import { machineId } from './machine/machine-id.ts';
import { ownModule, ownVersion } from './machine/own-modules.ts';
import { activityAttributes } from './watching/activity-attributes.ts';
import { SEARCH_ATTRIBUTES } from './workflows/messages.ts';
import { textAt } from './domain/json.ts';

const SCRAPE_TIMEOUT_MS = 2000;
/** Gates and freezes that one worker watches at a time: each takes a look now and then. */
const MOST_WATCHES = 500;

const clock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }),
  anchored: () => {
    const began = Date.now() - performance.now();
    return { ...clock, now: () => Math.round(began + performance.now()) };
  },
};

/** The real adapters, as these settings say. */
export function realPorts(settings: WorkerSettings): ActivityPorts {
  const data = resolve(settings.data);
  const systems = resolve(settings.systems);
  const secrets: SecretSources = {
    env: process.env,
    readFile: (path) => readFile(path, 'utf8'),
    reader: 'the worker',
  };
  const redactor = createRedactor(secrets);
  const signer = createSigner(join(data, 'keys'));
  const redact = (text: string): string => redactor.redact(text);
  return {
    systems: {
      load: (name) => loadSystem(systems, name),
      names: async () => (await systemNames(systems)).names,
    },
    runbooks: {
      load: (loaded, name) => loadSystemRunbook(systems, loaded, name),
      list: (loaded) => listSystemRunbooks(systems, loaded),
    },
    commands: createCommands(secrets),
    http: createHttp(secrets),
    signer,
    redactor,
    metrics: {
      ...createScrapeMetrics({ timeoutMs: SCRAPE_TIMEOUT_MS, redact }),
      ...createPrometheusMetrics(secrets),
    },
    checks: createCheckRunner({ environment: process.env, redact }),
    ...storedPorts(settings, secrets, signer),
    version: ownVersion(),
    clock,
  };
}

/** Where each of them leads: what runs in them is found by its real path. */
export function foldersOf(
  settings: Pick<WorkerSettings, 'data' | 'objects' | 'copies'>,
): Record<'data' | 'objects' | 'copies' | 'isolated', string> {
  const data = realPathOf(resolve(settings.data));
  return {
    data,
    objects: realPathOf(resolve(settings.objects ?? join(data, 'objects'))),
    copies: realPathOf(
      settings.copies === undefined ? copiesFolder(data) : resolve(settings.copies),
    ),
    isolated: realPathOf(join(data, 'isolated')),
  };
}

/** Which object store these settings lead to, used by `server` from now on. Throws when it cannot be written. */
export async function openStore(
  settings: Pick<WorkerSettings, 'data' | 'objects' | 'copies'>,
  server: TemporalServer,
): Promise<{ store: string; folder: string }> {
  const { objects: folder } = foldersOf(settings);
  const objects = createObjectsFolder(folder);
  await noteServer(objects, server);
  return { store: await storeId(objects), folder };
}

/** What lies in the object store: records, backups, and what both are made with. */
function storedPorts(settings: WorkerSettings, secrets: SecretSources, signer: SignerPort) {
  const { data, objects: objectsFolder, copies, isolated } = foldersOf(settings);
  const objects = withSignatures(createObjectsFolder(objectsFolder), signer);
  const uploads = createObjectRemoval(objectsFolder);
  const records = { ...objects, ...uploads };
  const stores = createStores({ secrets, clock });
  const bindings = createBindings(objects);
  return {
    backups: createBackups({ objects, stores, copies, secrets, clock }),
    bindings,
    exchanges: createExchanges({ stores, bindings, copies }),
    byHand: createByHand({ objects, folder: objectsFolder, stores, bindings }),
    queries: createQueries(stores),
    heartbeats: createHeartbeats({ stores, bindings, copies }),
    namedFiles: createNamedFiles({ stores, bindings, copies, clock }),
    removal: createBackupRemoval(records),
    uploads,
    platforms: createPlatforms({
      data,
      isolation: { folder: isolated, hide: [data, objectsFolder], copies, clock },
    }),
    machine: machineId(),
    drills: createDrills(objects),
    evidence: createEvidence(
      records,
      createEarlierEvidence(join(data, 'evidence')),
      createRunIndex(objects, signer, () => clock.now()),
    ),
    epochs: createEpochs(records),
    ledger: createRecoveryLedger(records),
    scheduled: createScheduledLedger(records),
    incidents: createIncidents(objects),
    snapshots: createSnapshots(objects, signer),
    begun: createBegun(objects),
    keptFiles: createKeptFiles(objects),
    keptRemoval: createKeptRemoval(records),
    notify: createNotify({
      folder: join(data, 'notifications'),
      objects,
      secrets,
      print: (text) => process.stdout.write(`${text}\n`),
    }),
  };
}

export interface WorkerInput {
  connection: NativeConnection;
  namespace: string;
  settings: WorkerSettings;
  ports: ActivityPorts;
  /** Beside or instead of what Fairlead sets itself: interceptors, a bundle shared by tests. */
  options?: Partial<WorkerOptions>;
}

export async function createWorker(input: WorkerInput): Promise<Worker> {
  const { settings, options } = input;
  return Worker.create({
    ...shared(input),
    taskQueue: settings.taskQueue,
    activities: createActivities(input.ports),
    ...workflowCode(),
    // With the SDK's 10 s, work would stand still for as long after each worker that is killed.
    stickyQueueScheduleToStartTimeout: '1s',
    maxConcurrentActivityTaskExecutions: settings.maxActivities ?? 100,
    ...options,
    interceptors: interceptorsOf(input),
  });
}

/** Watches while people, or the end of a freeze, are waited for, with slots of its own: it runs in the process of each worker, beside that. */
export async function createWatchWorker(input: WorkerInput): Promise<Worker> {
  const { workflowBundle: _, workflowsPath: __, ...options } = input.options ?? {};
  const { watchWhileWaiting, awaitThaw } = createActivities(input.ports);
  return Worker.create({
    ...shared(input),
    activities: { watchWhileWaiting, awaitThaw },
    maxConcurrentActivityTaskExecutions: MOST_WATCHES,
    ...options,
    taskQueue: watchQueueOf(options.taskQueue ?? input.settings.taskQueue),
    interceptors: interceptorsOf(input),
  });
}

/** What both workers of a process have. */
function shared({ connection, namespace, settings }: WorkerInput) {
  const { buildId, deployment: deploymentName } = settings;
  return {
    connection,
    namespace,
    dataConverter: { payloadConverterPath: ownModule('payload-converter') },
    // A waiting activity hears of its cancellation when it beats; throttled, a pause or a stop would take 4 s.
    maxHeartbeatThrottleInterval: '500ms',
    shutdownGraceTime: '1s',
    shutdownForceTime: '5s',
    ...(buildId !== undefined &&
      deploymentName !== undefined && {
        workerDeploymentOptions: {
          version: { buildId, deploymentName },
          useWorkerVersioning: true,
          defaultVersioningBehavior: 'AUTO_UPGRADE',
        },
      }),
  } satisfies Partial<WorkerOptions>;
}

function interceptorsOf({ options }: WorkerInput): NonNullable<WorkerOptions['interceptors']> {
  return {
    ...options?.interceptors,
    activity: [activityAttributes, ...(options?.interceptors?.activity ?? [])],
  };
}

/** The commands that create what the server lacks of search attributes; empty when it has all. */
export async function missingSearchAttributes(
  connection: NativeConnection,
  namespace: string,
): Promise<string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({
    namespace,
  });
  return SEARCH_ATTRIBUTES.filter((name) => !(name in customAttributes)).map(
    (name) =>
      `temporal operator search-attribute create --namespace ${namespace} --name ${name} --type Keyword`,
  );
}

/** The bundle that the build made, or the sources when there is none. */
function workflowCode(): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'> {
  const codePath = process.env['FAIRLEAD_WORKFLOW_BUNDLE'] ?? ownModule('workflow-bundle');
  if (existsSync(codePath)) return { workflowBundle: { codePath } };
  return { workflowsPath: ownModule('workflows/index') };
}

/** The real path of `path`, which is absolute; of what is missing, that of the nearest folder that is there, with the rest. */
function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    const above = dirname(path);
    if (textAt(error, 'code') !== 'ENOENT' || above === path) throw error;
    return join(realPathOf(above), basename(path));
  }
}
