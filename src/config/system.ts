// The shape of systems/<name>/system.yaml. Everything an operator writes is declared here once; the
// types below are what the rest of Fairlead works with (durations are milliseconds by then).
import { z } from 'zod';

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `250ms`, `3s`, `15m`, `24h`, `90d`: written with a unit, held as milliseconds. */
const duration = z
  .string()
  .regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/, 'a duration with a unit: 250ms, 3s, 15m, 24h or 90d')
  .transform((text) => {
    const unit = /[a-z]+$/.exec(text)?.[0] ?? 'ms';
    return Math.round(Number(text.slice(0, -unit.length)) * (UNITS[unit] ?? 1));
  });

/** System, service, analysis and approval names end in workflow ids, URLs and file names. */
const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, 'lower-case letters, digits and hyphens, a letter first');
const person = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$/, 'the name of one person');
const oneOrMore = z.union([name.transform((one) => [one]), z.array(name).min(1)]);
const percent = z.number().min(0).max(100);

/** A value, or where to find a secret: resolved where the process is started, never stored. */
const setting = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.strictObject({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/) }),
  z.strictObject({ file: z.string().min(1) }),
]);

const command = z.array(z.string().min(1)).min(1);

const check = z.strictObject({
  name,
  /** A path on the address of the point the check runs at, or a whole http(s) URL. */
  http: z.exactOptional(z.string().regex(/^(\/|https?:\/\/)/, 'a path or an http(s) URL')),
  status: z.number().int().min(100).max(599).default(200),
  contains: z.exactOptional(z.string().min(1)),
  /** Run without a shell in the system's folder; {address}, {url}, {version} are replaced. */
  command: z.exactOptional(command),
  timeout: duration.prefault('5s'),
});

const health = z.strictObject({
  path: z.string().startsWith('/').default('/health'),
  interval: duration.prefault('250ms'),
  timeout: duration.prefault('2s'),
});

const canaryStep = z.strictObject({
  weight: percent.gt(0),
  bake: duration.prefault('0s'),
  analysis: z.exactOptional(oneOrMore),
  approval: z.exactOptional(name),
});

const canary = z.strictObject({
  steps: z.array(canaryStep).min(1),
  /** How long the new revision is watched at 100 before the deploy is done. */
  watch: duration.prefault('15m'),
  /** What judges each bake and the watch, unless a step names its own. */
  analysis: z.exactOptional(oneOrMore),
});

const rollout = z.strictObject({
  strategy: z.enum(['canary']).default('canary'),
  canary: z.exactOptional(canary),
  deadlines: z
    .strictObject({ ready: duration.prefault('5m'), preempt: duration.prefault('60s') })
    .prefault({}),
  /** How long the old revision is kept, ready and without traffic, after a deploy. */
  insurance: duration.prefault('1h'),
  /** May `--auto-promote` skip the approvals of a deploy? */
  autoPromotion: z.boolean().default(false),
  /** May `promote` end a bake early? */
  earlyPromotion: z.boolean().default(false),
  /** No worker for longer than this: the operation parks instead of going on. */
  resumeWithin: duration.prefault('15m'),
});

const service = z.strictObject({
  platform: z.enum(['local']),
  description: z.exactOptional(z.string()),
  /** Run without a shell; {version} is replaced. */
  command: z.exactOptional(command),
  image: z.exactOptional(z.string().min(1)),
  /** Where the command runs, inside the system's folder. */
  directory: z.string().default('.'),
  host: z.string().default('127.0.0.1'),
  /** Where users reach the service. */
  port: z.number().int().min(1).max(65_535),
  replicas: z.number().int().min(1).max(64).default(1),
  configuration: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), setting).prefault({}),
  datastores: z.array(name).prefault([]),
  /** Files that must be there before a start (datasets, programs); {version} is replaced. */
  files: z.array(z.string().min(1)).prefault([]),
  health: health.prefault({}),
  /** How long a replica may finish what it is answering before it is stopped. */
  drain: duration.prefault('5s'),
  rollout: rollout.prefault({}),
  checks: z
    .strictObject({
      preflight: z.array(check).prefault([]),
      smoke: z.array(check).prefault([]),
      watch: z.array(check).prefault([]),
    })
    .prefault({}),
});

/** `name{label="value",other=~"regex"}`, as in PromQL; the revision's own label is added. */
const selector = z
  .string()
  .regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*(\{[^{}]*\})?$/, 'name or name{label="value",other=~"regex"}');

const metric = z.strictObject({
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
});

const analysis = z.strictObject({
  source: z.enum(['scrape']),
  /** A Prometheus text endpoint; without it, the platform's own metrics of the revision. */
  url: z.exactOptional(z.string().regex(/^https?:\/\//, 'an http(s) URL')),
  interval: duration.prefault('1s'),
  /** A limit is exceeded when the count is greater than it. */
  limits: z.strictObject({
    failures: z.number().int().min(0).default(0),
    inconclusives: z.number().int().min(0).default(3),
    consecutiveErrors: z.number().int().min(0).default(4),
  }).prefault({}),
  /** Requests that a measurement needs before it can pass or fail. */
  minimumSamples: z.number().int().min(1).default(1),
  onInconclusive: z.enum(['ask', 'undo']).default('ask'),
  metrics: z.record(name, metric),
});

const approval = z.strictObject({
  quorum: z.number().int().min(1).max(10).default(1),
  /** Who may answer; without it, anyone but the requester. */
  from: z.exactOptional(z.array(person).min(1)),
  deadline: duration.prefault('24h'),
  reminder: duration.prefault('4h'),
  escalation: z.exactOptional(
    z.strictObject({ after: duration, to: z.array(person).min(1) }),
  ),
  selfApproval: z.boolean().default(false),
  /** Who may override with `--break-glass REASON`. */
  breakGlass: z.array(person).prefault([]),
});

export const systemSchema = z.strictObject({
  system: name,
  description: z.exactOptional(z.string()),
  /** Another system whose file this one starts from. */
  base: z.exactOptional(name),
  services: z.record(name, service),
  analyses: z.record(name, analysis).prefault({}),
  approvals: z.record(name, approval).prefault({}),
});

export type System = z.output<typeof systemSchema>;
export type Service = System['services'][string];
export type Rollout = Service['rollout'];
export type CanaryStep = z.output<typeof canaryStep>;
export type Analysis = System['analyses'][string];
export type Metric = Analysis['metrics'][string];
export type ApprovalPolicy = System['approvals'][string];
export type Check = z.output<typeof check>;
export type CheckPoint = keyof Service['checks'];
export type Setting = z.output<typeof setting>;
export type SystemFile = z.input<typeof systemSchema>;
