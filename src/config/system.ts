// The shape of systems/<name>/system.yaml. Everything an operator writes is declared here once; the
// types below are what the rest of Fairlead works with (durations are milliseconds by then). What one
// value says about another (weights that rise, names that are declared) is in rules.ts.
import { z } from 'zod';
import { PERSON, PERSON_ALLOWED } from '../domain/names.ts';
import { channelSchema } from './channel.ts';
import { datastoreSchema } from './datastores.ts';
import { drillSchema } from './drill.ts';
import { duration, someTime } from './duration.ts';
import { judgeOptionsSchema } from './judge-options.ts';
import { schedulesSchema } from './schedules.ts';
import { headerName, name, path, reference, setting, text, variable } from './terms.ts';

const person = text(PERSON, PERSON_ALLOWED);
const oneOrMore = z
  .union([name.transform((one) => [one]), z.array(name).min(1)])
  .meta({ description: 'one name or a list of names' });

const command = z
  .array(z.string().min(1))
  .min(1)
  .meta({ description: 'a list: the program and its arguments, run without a shell' });

const check = z.strictObject({
  name,
  /** A path on the address of the point the check runs at, or a whole http(s) URL. */
  http: z.exactOptional(text(/^(\/|https?:\/\/)\S*$/, 'a path such as /health or an http(s) URL')),
  status: z.number().int().min(100).max(599).default(200),
  contains: z.exactOptional(z.string().min(1)),
  /** Run without a shell in the system's folder; {address}, {url}, {version} are replaced. */
  command: z.exactOptional(command),
  timeout: someTime.prefault('5s'),
});

const health = z.strictObject({
  path: text(/^\/\S*$/, 'a path such as /health').default('/health'),
  interval: someTime.prefault('250ms'),
  timeout: someTime.prefault('2s'),
});

const canaryStep = z.strictObject({
  weight: z.number().gt(0).max(100).meta({ description: 'a percentage above 0 and up to 100' }),
  bake: duration.prefault('0s'),
  analysis: z.exactOptional(oneOrMore),
  approval: z.exactOptional(name),
});

const canary = z.strictObject({
  steps: z
    .array(canaryStep)
    .min(1)
    .meta({ description: 'a list of at least one {weight, bake, ...}' }),
  /** How long the new revision is watched at 100 before the deploy is done. */
  watch: duration.prefault('15m'),
  /** What judges each bake and the watch, unless a step names its own. */
  analysis: z.exactOptional(oneOrMore),
});

const blueGreen = z.strictObject({
  /** The new side at full size, without traffic: the checks of the point `preview` run all the while. */
  preview: z
    .strictObject({
      bake: duration.prefault('0s'),
      /** Judges what is asked on the preview address, by those checks or by anybody else. */
      analysis: z.exactOptional(oneOrMore),
    })
    .prefault({}),
  /** Who is asked before everything is switched over. */
  approval: z.exactOptional(name),
  /** How long the new side is watched with everything on it before the deploy is done. */
  watch: duration.prefault('15m'),
  /** What judges the watch. */
  analysis: z.exactOptional(oneOrMore),
});

const rollout = z.strictObject({
  /** What a deploy does that names no strategy; a file may describe both. */
  strategy: z.enum(['canary', 'blue-green']).default('canary'),
  canary: z.exactOptional(canary),
  blueGreen: z.exactOptional(blueGreen),
  deadlines: z
    .strictObject({ ready: someTime.prefault('5m'), preempt: someTime.prefault('60s') })
    .prefault({}),
  /** How long the old revision is kept, ready and without traffic, after a deploy. */
  insurance: duration.prefault('1h'),
  /** May `--auto-promote` skip the approvals of a deploy? */
  autoPromotion: z.boolean().default(false),
  /** May `promote` end a bake early? */
  earlyPromotion: z.boolean().default(false),
  /** No worker for longer than this: the operation parks instead of going on. */
  resumeWithin: someTime.prefault('15m'),
});

export const serviceSchema = z.strictObject({
  platform: z.enum(['local']),
  description: z.exactOptional(z.string()),
  /** Run without a shell; {version} is replaced. */
  command: z.exactOptional(command),
  image: z.exactOptional(z.string().min(1)),
  /** Where the command runs, inside the system's folder. */
  directory: path.default('.'),
  host: text(/^[A-Za-z0-9.:-]{1,253}$/, 'a host name or an IP address').default('127.0.0.1'),
  /** Where users reach the service. */
  port: z.number().int().min(1).max(65_535),
  replicas: z.number().int().min(1).max(64).default(1),
  configuration: z.record(variable, setting).prefault({}),
  datastores: z.array(name).prefault([]),
  /** Files that must be there before a start (datasets, programs); {version} is replaced. */
  files: z.array(path).prefault([]),
  health: health.prefault({}),
  /** How long a replica may finish what it is answering before it is stopped. */
  drain: duration.prefault('5s'),
  rollout: rollout.prefault({}),
  checks: z
    .strictObject({
      preflight: z.array(check).prefault([]),
      smoke: z.array(check).prefault([]),
      preview: z.array(check).prefault([]),
      watch: z.array(check).prefault([]),
    })
    .prefault({}),
});

/** `name{label="value",other=~"regex"}`, as in PromQL; the revision's own label is added. */
const selector = z
  .string()
  .min(1)
  .meta({ description: 'a series such as name or name{label="value",other=~"regex"}' });

const metric = z.strictObject({
  /** PromQL that gives one number; {{revision}}, {{version}}, {{service}}, {{system}} are replaced. */
  query: z.exactOptional(z.string().min(1).max(8192).meta({ description: 'a query in PromQL' })),
  /** PromQL for how many requests the value stands on, compared with `minimumSamples`. */
  requests: z.exactOptional(z.string().min(1).max(8192).meta({ description: 'a query in PromQL' })),
  ratio: z.exactOptional(z.strictObject({ of: selector, to: selector })),
  rate: z.exactOptional(z.strictObject({ of: selector })),
  quantile: z.exactOptional(z.strictObject({ q: z.number().gt(0).lt(1), of: selector })),
  max: z.exactOptional(z.number()),
  min: z.exactOptional(z.number()),
  /** Not more than the stable revision's value times `ratio`, or plus `difference`. */
  maxOverStable: z.exactOptional(
    z.strictObject({
      ratio: z.exactOptional(z.number().positive()),
      difference: z.exactOptional(z.number().min(0)),
    }),
  ),
  /** The bake's values of the new revision are judged against the stable one's at its end. */
  compare: z.exactOptional(judgeOptionsSchema),
});

const percent = z.number().min(0).max(100);

/** Metrics with `compare`, judged together by a weighted score. */
const score = z.strictObject({
  groups: z.record(
    name,
    z.strictObject({ weight: z.exactOptional(percent), metrics: z.array(name).min(1) }),
  ),
  pass: percent.default(95),
  /** Without it 75, or `pass` if that is less. */
  marginal: z.exactOptional(percent),
});

export const analysisSchema = z.strictObject({
  source: z.enum(['scrape', 'prometheus']),
  /**
   * scrape: a Prometheus text endpoint; without it, the platform's own metrics of the revision.
   * prometheus: where the server's API is, http://127.0.0.1:9090 without it.
   */
  url: z.exactOptional(text(/^https?:\/\/\S+$/, 'an http(s) URL')),
  /** Sent with each query (prometheus). A secret is a reference. */
  headers: z.exactOptional(z.record(headerName, setting)),
  /** Sent as `authorization: Bearer ...` (prometheus). */
  bearerToken: z.exactOptional(
    z.union(reference).meta({ description: 'a secret as {env: NAME} or {file: PATH}' }),
  ),
  /** How long one query may take (prometheus), 5s without it. */
  timeout: z.exactOptional(someTime),
  /** A sample that is older is no data (prometheus), 2m without it. */
  staleAfter: z.exactOptional(someTime),
  interval: someTime.prefault('1s'),
  /** A limit is exceeded when the count is greater than it. */
  limits: z
    .strictObject({
      failures: z.number().int().min(0).default(0),
      inconclusives: z.number().int().min(0).default(3),
      consecutiveErrors: z.number().int().min(0).default(4),
      /** So many measurements that pass in a row end the bake early. */
      successes: z.exactOptional(z.number().int().min(1)),
    })
    .prefault({}),
  /** Requests that a measurement needs before it can pass or fail. */
  minimumSamples: z.number().int().min(1).default(1),
  onInconclusive: z.enum(['ask', 'undo']).default('ask'),
  metrics: z.record(name, metric),
  /** Without it, every comparison has to pass by itself. */
  score: z.exactOptional(score),
});

export const approvalSchema = z.strictObject({
  quorum: z.number().int().min(1).max(10).default(1),
  /** Who may answer; without it, anyone but the requester. */
  from: z.exactOptional(z.array(person).min(1)),
  deadline: someTime.prefault('24h'),
  reminder: someTime.prefault('4h'),
  escalation: z.exactOptional(z.strictObject({ after: someTime, to: z.array(person).min(1) })),
  selfApproval: z.boolean().default(false),
  /** Who may override with `--break-glass REASON`. */
  breakGlass: z.array(person).prefault([]),
});

const oneService = (services: object) => Object.keys(services).length > 0;

export const systemSchema = z.strictObject({
  system: name,
  description: z.exactOptional(z.string()),
  /**
   * Another system whose file this one starts from. Maps are merged, lists are replaced, and relative
   * paths, the inherited and the own ones alike, are meant from the folder of the first base.
   */
  base: z.exactOptional(name),
  services: z
    .record(name, serviceSchema)
    .refine(oneService, 'declare at least one service: `name: {platform, command, port, ...}`'),
  /** What services keep their data in, and how it is backed up. */
  datastores: z.exactOptional(z.record(name, datastoreSchema)),
  /** How a recovery is rehearsed, and how long it may take. */
  drill: z.exactOptional(drillSchema),
  analyses: z.record(name, analysisSchema).prefault({}),
  approvals: z.record(name, approvalSchema).prefault({}),
  /** Where people are told of what an operation waits for, and how it ended; without it, nowhere. */
  notify: z.exactOptional(z.record(name, channelSchema)),
  /** When backups are made, proved and checked; without it, when somebody asks. */
  schedules: z.exactOptional(schedulesSchema),
});

export type System = z.output<typeof systemSchema>;
export type Service = System['services'][string];
export type Rollout = Service['rollout'];
export type CanaryStep = z.output<typeof canaryStep>;
export type Analysis = System['analyses'][string];
export type Metric = Analysis['metrics'][string];
export type Score = NonNullable<Analysis['score']>;
export type ApprovalPolicy = System['approvals'][string];
export type Check = z.output<typeof check>;
export type CheckPoint = keyof Service['checks'];
export type Setting = z.output<typeof setting>;
export type SystemFile = z.input<typeof systemSchema>;
