// What `fairlead judge` reads: one pair of samples, or groups of them, as JSON.
import { z } from 'zod';
import { weightRemarks } from './comparison.ts';
import { jsonSchemaOf, nodeAt } from './reading/json-schema.ts';
import { brokenAt, repeatedKeyIn } from './reading/json-text.ts';
import { judgeOptionsSchema } from './judge-options.ts';
import { issueMistakes } from './reading/schema-mistakes.ts';
import { shown } from './reading/wording.ts';
import { repeatsIn, type Remark } from './remark.ts';
import { percent } from './terms.ts';

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

const group = z.strictObject({
  weight: z.exactOptional(percent),
  metrics: z.array(metric).min(1),
});

const groups = z
  .strictObject({
    groups: z.record(metricName, group),
    pass: percent.default(95),
    /** Without it 75, or `pass` if that is less. */
    marginal: z.exactOptional(percent),
  })
  .superRefine((score, context) => {
    for (const { path, message } of weightRemarks(score, 'the weights of the groups')) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
    for (const { path, message } of nameRemarks(score.groups)) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
  })
  .transform((one) => ({ ...one, marginal: one.marginal ?? Math.min(75, one.pass) }));

/** A name that two metrics have: nobody could tell them apart in the answer. */
function nameRemarks(all: Readonly<Record<string, z.output<typeof group>>>): Remark[] {
  const members = Object.entries(all).flatMap(([key, { metrics }]) =>
    metrics.map(({ name }, index) => ({ name, path: ['groups', key, 'metrics', index] })),
  );
  const named = members.filter(({ name }) => name !== undefined);
  const repeats = repeatsIn(named.map(({ name }) => name ?? ''));
  return named
    .filter((_, index) => repeats.includes(index))
    .map(({ name, path }) => ({
      path,
      message: `${shown(name)} names two metrics; give each its own name`,
    }));
}

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
  const twice = repeatedKeyIn(text);
  if (twice !== undefined) {
    const message = `the key ${JSON.stringify(twice.key)} is there twice; keep one`;
    return unusable([`${file}:${twice.line}: ${message}`]);
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
