// Puts a worker together: settings → adapters → activities → Worker. Used by the worker's entry, and by tests
// with other ports or with interceptors.
import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { createActivities, type ActivityPorts } from './activities/create.ts';
import type { Clock } from './activities/ports.ts';
import { loadSystem } from './config/load.ts';
import { systemNames } from './config/system-names.ts';
import type { WorkerSettings } from './config/settings.ts';
import { createBackups } from './datastores/backups.ts';
import { createCanaries } from './datastores/canaries.ts';
import { createDrills } from './datastores/drills.ts';
import { createNamedFiles } from './datastores/named-files.ts';
import { createStores } from './datastores/registry.ts';
import { createBackupRemoval } from './datastores/removal.ts';
import { createCheckRunner } from './integrations/check-runner.ts';
import { createNotify } from './integrations/notify/notify.ts';
import { createEvidenceFiles } from './integrations/evidence-files.ts';
import { createObjectRemoval, createObjectsFolder } from './integrations/objects-folder.ts';
import { createPrometheusMetrics } from './integrations/prometheus.ts';
import { createRecoveryLedger } from './integrations/recovery-ledger.ts';
import { createScrapeMetrics } from './integrations/scrape.ts';
import type { SecretSources } from './integrations/secret-value.ts';
import { createRedactor } from './integrations/secrets.ts';
import { createSigner } from './integrations/signing.ts';
import { createIsolation } from './platforms/isolated/isolation.ts';
import { createLocalPlatform } from './platforms/local/adapter.ts';
import { ownVersion } from './machine/own-version.ts';
import { realPathOf } from './machine/real-path.ts';
import { activityAttributes } from './watching/activity-attributes.ts';
import { SEARCH_ATTRIBUTES } from './workflows/messages.ts';

const SCRAPE_TIMEOUT_MS = 2000;

const clock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }),
};

/** The real adapters, as these settings say. */
export function realPorts(settings: WorkerSettings): ActivityPorts {
  const data = resolve(settings.data);
  const systems = resolve(settings.systems);
  const tokenFile = join(data, 'token');
  const secrets: SecretSources = {
    env: process.env,
    readFile: (path) => readFile(path, 'utf8'),
    reader: 'the worker',
  };
  const redactor = createRedactor(secrets);
  const redact = (text: string): string => redactor.redact(text);
  return {
    platforms: {
      local: createLocalPlatform({ hostFile: join(data, 'host', 'host.json'), tokenFile }),
    },
    systems: {
      load: (name) => loadSystem(systems, name),
      names: async () => (await systemNames(systems)).names,
    },
    evidence: createEvidenceFiles(join(data, 'evidence')),
    signer: createSigner(join(data, 'keys')),
    redactor,
    metrics: {
      ...createScrapeMetrics({ timeoutMs: SCRAPE_TIMEOUT_MS, redact }),
      ...createPrometheusMetrics(secrets),
    },
    checks: createCheckRunner({
      environment: process.env,
      redact,
      probeHeaders: async () => ({ 'fairlead-probe': (await readFile(tokenFile, 'utf8')).trim() }),
    }),
    notify: createNotify({
      folder: join(data, 'notifications'),
      secrets,
      print: (text) => process.stdout.write(`${text}\n`),
    }),
    ...dataPorts(settings, secrets),
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
    copies: realPathOf(resolve(settings.copies ?? join(data, 'copies'))),
    isolated: realPathOf(join(data, 'isolated')),
  };
}

/** What backups and drills are made with. */
function dataPorts(settings: WorkerSettings, secrets: SecretSources) {
  const { data, objects: objectsFolder, copies, isolated } = foldersOf(settings);
  const objects = createObjectsFolder(objectsFolder);
  const uploads = createObjectRemoval(objectsFolder);
  const stores = createStores({ secrets, clock });
  return {
    backups: createBackups({ objects, stores, copies, secrets, clock }),
    canaries: createCanaries({ stores, copies }),
    namedFiles: createNamedFiles({ stores, copies, clock }),
    removal: createBackupRemoval({ list: (prefix) => objects.list(prefix), ...uploads }),
    uploads,
    isolation: createIsolation({
      folder: isolated,
      hide: [data, objectsFolder],
      copies,
      clock,
    }),
    drills: createDrills(objects),
    ledger: createRecoveryLedger(join(data, 'recovery')),
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
  const { settings, connection, namespace } = input;
  const { buildId, deployment: deploymentName } = settings;
  return Worker.create({
    connection,
    namespace,
    taskQueue: settings.taskQueue,
    activities: createActivities(input.ports),
    dataConverter: { payloadConverterPath: beside('payload-converter') },
    ...workflowCode(),
    // With the SDK's 10 s, work would stand still for as long after each worker that is killed.
    stickyQueueScheduleToStartTimeout: '1s',
    // A waiting activity hears of its cancellation when it beats; throttled, a pause or a stop would take 4 s.
    maxHeartbeatThrottleInterval: '500ms',
    shutdownGraceTime: '1s',
    shutdownForceTime: '5s',
    maxConcurrentActivityTaskExecutions: settings.maxActivities ?? 100,
    ...(buildId !== undefined &&
      deploymentName !== undefined && {
        workerDeploymentOptions: {
          version: { buildId, deploymentName },
          useWorkerVersioning: true,
          defaultVersioningBehavior: 'AUTO_UPGRADE' as const,
        },
      }),
    ...input.options,
    interceptors: {
      ...input.options?.interceptors,
      activity: [activityAttributes, ...(input.options?.interceptors?.activity ?? [])],
    },
  });
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
  const codePath =
    process.env['FAIRLEAD_WORKFLOW_BUNDLE'] ??
    fileURLToPath(new URL('./workflow-bundle.js', import.meta.url));
  if (existsSync(codePath)) return { workflowBundle: { codePath } };
  return { workflowsPath: beside('workflows/index') };
}

/** The path of a module next to this one, with the suffix that runs now. */
function beside(module: string): string {
  const suffix = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  return fileURLToPath(new URL(`./${module}${suffix}`, import.meta.url));
}
