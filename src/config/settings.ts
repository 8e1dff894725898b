// What a process of Fairlead is told by its environment. Parsed here, read nowhere else; no I/O.
import { isIP } from 'node:net';
import { z } from 'zod';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Something in the environment makes no sense; exit code 2. The message has one line per mistake. */
export class SettingsError extends Error {
  readonly kind = 'BadInput';

  constructor(message: string) {
    super(message);
    this.name = 'SettingsError';
  }
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;

const text = (allowed: string) => z.string().trim().min(1, allowed);
const token = (allowed: string) => z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/, allowed);
const whole = (from: number, to: number, allowed: string) =>
  z
    .string()
    .regex(/^\d{1,9}$/, allowed)
    .transform(Number)
    .refine((value) => value >= from && value <= to, allowed);

const PORT = 'a port between 0 and 65535; 0 picks a free one';
const HOST = 'an IP address of this machine, or 0.0.0.0 for all of them';
const COUNT = 'a whole number between 1 and 1000';

/** Variable by variable: what it is called inside, and what it may be. */
const shape = {
  FAIRLEAD_SYSTEMS: text('a folder with one folder per system').default('systems'),
  FAIRLEAD_TASK_QUEUE: token('letters, digits and . _ / -').default('fairlead'),
  FAIRLEAD_DATA: text('a folder that Fairlead may write to').default('.fairlead'),
  FAIRLEAD_OBJECTS: z.exactOptional(text('a folder for backups, which all workers share')),
  FAIRLEAD_COPIES: z.exactOptional(text('a folder for copies of restored backups')),
  FAIRLEAD_LOG_LEVEL: z.enum(LOG_LEVELS, `one of ${LOG_LEVELS.join(', ')}`).default('info'),
  FAIRLEAD_BUILD_ID: z.exactOptional(token('letters, digits and . _ / -')),
  FAIRLEAD_DEPLOYMENT: z.exactOptional(token('letters, digits and . _ / -')),
  FAIRLEAD_METRICS_HOST: z
    .string()
    .refine((text) => isIP(text) !== 0, HOST)
    .default('127.0.0.1'),
  FAIRLEAD_METRICS_PORT: z.exactOptional(whole(0, 65_535, PORT)),
  FAIRLEAD_MAX_ACTIVITIES: z.exactOptional(whole(1, 1000, COUNT)),
  FAIRLEAD_CACHE: z.exactOptional(text('a folder for what is downloaded')),
  FAIRLEAD_TEMPORAL_CLI: z.exactOptional(text("the path of Temporal's command line program")),
};
const schema = z.object(shape);

/** An empty variable is an unset one, as shells and Compose files have it. */
function given(env: Environment): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of Object.keys(shape)) {
    const value = env[name];
    if (value !== undefined && value !== '') found[name] = value;
  }
  return found;
}

function parse(env: Environment): z.output<typeof schema> {
  const values = given(env);
  const parsed = schema.safeParse(values);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => {
    const name = String(issue.path[0]);
    return `the environment variable ${name} is ${JSON.stringify(values[name])}; it must be ${issue.message}`;
  });
  throw new SettingsError(lines.join('\n'));
}

export interface WorkerSettings {
  /** The folder of system files, as it was written. */
  systems: string;
  taskQueue: string;
  /** The data folder, as it was written. */
  data: string;
  /** Where backups lie, as it was written; without it, `objects` in the data folder. */
  objects?: string;
  /**
   * Where backups are restored to be proved, as it was written; without it, `copies` in the data folder. The servers of
   * a worker that runs as root run as another user, who must be able to get there.
   */
  copies?: string;
  logLevel: (typeof LOG_LEVELS)[number];
  /** With a deployment name: Worker Versioning is on. */
  buildId?: string;
  deployment?: string;
  /** Where the worker serves its own Prometheus metrics; 0 picks a free port. */
  metricsPort?: number;
  /** The address that they are served at; without it, the loopback. */
  metricsHost?: string;
  maxActivities?: number;
}

/** Throws SettingsError with every mistake. */
export function workerSettings(env: Environment): WorkerSettings {
  const values = parse(env);
  if (values.FAIRLEAD_DEPLOYMENT !== undefined && values.FAIRLEAD_BUILD_ID === undefined) {
    throw new SettingsError(
      'the environment variable FAIRLEAD_DEPLOYMENT is set and FAIRLEAD_BUILD_ID is not; Worker Versioning needs both',
    );
  }
  const settings: WorkerSettings = {
    systems: values.FAIRLEAD_SYSTEMS,
    taskQueue: values.FAIRLEAD_TASK_QUEUE,
    data: values.FAIRLEAD_DATA,
    logLevel: values.FAIRLEAD_LOG_LEVEL,
  };
  if (values.FAIRLEAD_OBJECTS !== undefined) settings.objects = values.FAIRLEAD_OBJECTS;
  if (values.FAIRLEAD_COPIES !== undefined) settings.copies = values.FAIRLEAD_COPIES;
  if (values.FAIRLEAD_BUILD_ID !== undefined) settings.buildId = values.FAIRLEAD_BUILD_ID;
  if (values.FAIRLEAD_DEPLOYMENT !== undefined) settings.deployment = values.FAIRLEAD_DEPLOYMENT;
  if (values.FAIRLEAD_METRICS_PORT !== undefined) {
    settings.metricsPort = values.FAIRLEAD_METRICS_PORT;
    settings.metricsHost = values.FAIRLEAD_METRICS_HOST;
  }
  if (values.FAIRLEAD_MAX_ACTIVITIES !== undefined)
    settings.maxActivities = values.FAIRLEAD_MAX_ACTIVITIES;
  return settings;
}

export interface DownloadSettings {
  /** Where what is downloaded is kept; without it, `~/.cache/fairlead`. */
  cache?: string;
  temporalCli?: string;
}

/** Throws SettingsError with every mistake. */
export function downloadSettings(env: Environment): DownloadSettings {
  const values = parse(env);
  const settings: DownloadSettings = {};
  if (values.FAIRLEAD_CACHE !== undefined) settings.cache = values.FAIRLEAD_CACHE;
  if (values.FAIRLEAD_TEMPORAL_CLI !== undefined)
    settings.temporalCli = values.FAIRLEAD_TEMPORAL_CLI;
  return settings;
}
