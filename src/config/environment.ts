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
const NAMES = 'names with or without a port, such as fairlead.example.com, localhost:9233';
const QUEUE = 'letters, digits and . _ / -, and it must not end in -watch';
const COUNT = 'a whole number between 1 and 1000';

const shape = {
  /** The folder of system files, as it was written. */
  systems: text('a folder with one folder per system').default('systems'),
  /** The task queue of operations; the task queue of gate watches has this name with `-watch` behind it. */
  taskQueue: token(QUEUE)
    .refine((name) => !name.endsWith('-watch'), QUEUE)
    .default('fairlead'),
  /** The data folder, as it was written. */
  data: text('a folder that Fairlead may write to').default('.fairlead'),
  /** Where records and backups lie, as it was written; without it, `objects` in the data folder. */
  objects: z.exactOptional(text('a folder for records and backups, which all workers share')),
  /**
   * Where backups are restored to be proved, as it was written; without it, `copies` in the data folder. The servers of
   * a worker that runs as root run as another user, who must be able to get there.
   */
  copies: z.exactOptional(text('a folder for copies of restored backups')),
  logLevel: z.enum(LOG_LEVELS, `one of ${LOG_LEVELS.join(', ')}`).default('info'),
  /** With a deployment name: Worker Versioning is on. */
  buildId: z.exactOptional(token('letters, digits and . _ / -')),
  deployment: z.exactOptional(token('letters, digits and . _ / -')),
  /** The address that the worker's metrics are served at; without it, the loopback. */
  metricsHost: z
    .string()
    .refine((address) => isIP(address) !== 0, HOST)
    .default('127.0.0.1'),
  /** The address that Temporal's Web UI is reached at; without it, the loopback. */
  uiHost: z
    .string()
    .refine((address) => isIP(address) !== 0, HOST)
    .default('127.0.0.1'),
  /** Names beside the loopback's that Web UI and metrics may be asked by, in lower case, with or without a port. */
  allowedHosts: z
    .string()
    .regex(/^[A-Za-z0-9.-]+(:\d{1,5})?(\s*,\s*[A-Za-z0-9.-]+(:\d{1,5})?)*$/, NAMES)
    .transform((written) => written.toLowerCase().split(/\s*,\s*/))
    .default([]),
  /** Where the worker serves its own Prometheus metrics; 0 picks a free port; without it, nowhere. */
  metricsPort: z.exactOptional(whole(0, 65_535, PORT)),
  /** The address that alerts are posted to; without it, the loopback. */
  hooksHost: z
    .string()
    .refine((address) => isIP(address) !== 0, HOST)
    .default('127.0.0.1'),
  /** Where `fairlead hooks` listens; 0 picks a free port. */
  hooksPort: whole(0, 65_535, PORT).default(9234),
  /** The file with the token for alerts, as it was written. */
  hooksTokenFile: z.exactOptional(text('the path of a file with a token')),
  maxActivities: z.exactOptional(whole(1, 1000, COUNT)),
  /** Where what is downloaded is kept; without it, `~/.cache/fairlead`. */
  cache: z.exactOptional(text('a folder for what is downloaded')),
  temporalCli: z.exactOptional(text("the path of Temporal's command line program")),
  /** Whether a program may be got whose digest is not known beforehand. */
  unverifiedDownload: z.enum(['yes', 'no'], 'yes or no').default('no'),
};

const VARIABLES: Readonly<Record<keyof typeof shape, string>> = {
  systems: 'FAIRLEAD_SYSTEMS',
  taskQueue: 'FAIRLEAD_TASK_QUEUE',
  data: 'FAIRLEAD_DATA',
  objects: 'FAIRLEAD_OBJECTS',
  copies: 'FAIRLEAD_COPIES',
  logLevel: 'FAIRLEAD_LOG_LEVEL',
  buildId: 'FAIRLEAD_BUILD_ID',
  deployment: 'FAIRLEAD_DEPLOYMENT',
  metricsHost: 'FAIRLEAD_METRICS_HOST',
  metricsPort: 'FAIRLEAD_METRICS_PORT',
  uiHost: 'FAIRLEAD_UI_HOST',
  allowedHosts: 'FAIRLEAD_ALLOWED_HOSTS',
  hooksHost: 'FAIRLEAD_HOOKS_HOST',
  hooksPort: 'FAIRLEAD_HOOKS_PORT',
  hooksTokenFile: 'FAIRLEAD_HOOKS_TOKEN_FILE',
  maxActivities: 'FAIRLEAD_MAX_ACTIVITIES',
  cache: 'FAIRLEAD_CACHE',
  temporalCli: 'FAIRLEAD_TEMPORAL_CLI',
  unverifiedDownload: 'FAIRLEAD_UNVERIFIED_DOWNLOAD',
};

const schema = z.object(shape);
type Settings = z.output<typeof schema>;

type OfHooks = 'hooksHost' | 'hooksPort' | 'hooksTokenFile';
type OfDownloads = 'cache' | 'temporalCli' | 'unverifiedDownload';
export type WorkerSettings = Omit<Settings, OfDownloads | OfHooks>;
export type HooksSettings = Pick<
  Settings,
  OfHooks | 'data' | 'systems' | 'taskQueue' | 'allowedHosts'
>;
export type DownloadSettings = Pick<Settings, OfDownloads>;

function parse(env: Environment): Settings {
  const names = new Map(Object.entries(VARIABLES));
  // An empty variable is an unset one, as shells and Compose files have it.
  const given = [...names].filter(([, name]) => (env[name] ?? '') !== '');
  const parsed = schema.safeParse(Object.fromEntries(given.map(([key, name]) => [key, env[name]])));
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(({ path, message }) => {
    const name = names.get(String(path[0])) ?? '';
    return `the environment variable ${name} is ${JSON.stringify(env[name])}; it must be ${message}`;
  });
  throw new SettingsError(lines.join('\n'));
}

/** Throws SettingsError with every mistake. */
export function workerSettings(env: Environment): WorkerSettings {
  const settings = parse(env);
  if (settings.deployment !== undefined && settings.buildId === undefined) {
    throw new SettingsError(
      'the environment variable FAIRLEAD_DEPLOYMENT is set and FAIRLEAD_BUILD_ID is not; Worker Versioning needs both',
    );
  }
  return settings;
}

/** Throws SettingsError with every mistake. */
export function downloadSettings(env: Environment): DownloadSettings {
  return parse(env);
}

/** Throws SettingsError with every mistake. */
export function hooksSettings(env: Environment): HooksSettings {
  return parse(env);
}
