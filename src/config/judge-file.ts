// What `fairlead judge` reads: one pair of samples, or groups of them, as JSON.
import { z } from 'zod';
import { jsonSchemaOf, nodeAt } from './json-schema.ts';
import { brokenAt } from './json-text.ts';
import { judgeOptionsSchema } from './judge-options.ts';
import { issueMistakes } from './schema-mistakes.ts';

const sample = z
  .union([z.number(), z.null().transform(() => NaN), z.literal('NaN').transform(() => NaN)])
  .meta({ description: 'a number, or null or "NaN" for what could not be measured' });

const metricName = z
  .string()
  .regex(/^\P{Cc}{1,128}$/u)
  .meta({ description: 'a text of 1 to 128 characters on one line' });

const metric = z.strictObject({
  name: z.exactOptional(metricName),
  experiment: z.array(sample),
  control: z.array(sample),
  ...judgeOptionsSchema.shape,
});

const percent = z.number().min(0).max(100);

const group = z.strictObject({
  weight: z.exactOptional(percent),
  metrics: z.array(metric).min(1),
});

/** Rounding of weights such as 33.3 + 33.3 + 33.4 is none of a person's business. */
const HAIR = 1e-9;

const groups = z
  .strictObject({
    groups: z.record(metricName, group),
    pass: percent.default(95),
    /** Without it 75, or `pass` if that is less. */
    marginal: z.exactOptional(percent),
  })
  .superRefine(({ groups: ones, pass, marginal }, context) => {
    const wrong = (path: string, message: string): void => {
      context.addIssue({ code: 'custom', path: [path], message });
    };
    if (Object.keys(ones).length === 0)
      wrong('groups', 'declare at least one group: `name: {metrics}`');
    const sum = Object.values(ones).reduce((total, { weight }) => total + (weight ?? 0), 0);
    if (sum > 100 + HAIR) {
      wrong(
        'groups',
        `the weights of the groups sum to ${sum}; write weights of at most 100 together`,
      );
    }
    if (marginal !== undefined && marginal > pass) {
      wrong('marginal', `${marginal} is above pass, which is ${pass}; write at most ${pass}`);
    }
  })
  .transform((one) => ({ ...one, marginal: one.marginal ?? Math.min(75, one.pass) }));

export type JudgeFile =
  | { kind: 'metric'; metric: z.output<typeof metric> }
  | { kind: 'groups'; groups: z.output<typeof groups> }
  /** One sentence each: where, what is wrong, what is allowed. */
  | { kind: 'unusable'; mistakes: string[] };

/** More are left out: a list of samples can have thousands. */
const MOST_MISTAKES = 20;

/** `file` is the name shown in messages. Broken JSON is named by line, what it says by path. */
export function readJudgeFile(text: string, file: string): JudgeFile {
  const unusable = (mistakes: string[]): JudgeFile => ({ kind: 'unusable', mistakes });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const { line, message } = brokenAt(text);
    return unusable([`${file}:${line}: ${message}`]);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const message = 'write an object: {experiment: [...], control: [...]} or {groups: {...}}';
    return unusable([`${file}: ${message}`]);
  }
  const refused = (schema: z.ZodType, issues: z.core.$ZodIssue[]): JudgeFile => {
    const root = jsonSchemaOf(schema);
    const found = issueMistakes(issues.slice(0, MOST_MISTAKES), value, (path) =>
      nodeAt(root, path),
    );
    return unusable(found.map(({ path, message }) => `${file}: ${path.join('.')}: ${message}`));
  };
  if ('groups' in value) {
    const parsed = groups.safeParse(value);
    return parsed.success
      ? { kind: 'groups', groups: parsed.data }
      : refused(groups, parsed.error.issues);
  }
  const parsed = metric.safeParse(value);
  return parsed.success
    ? { kind: 'metric', metric: parsed.data }
    : refused(metric, parsed.error.issues);
}
