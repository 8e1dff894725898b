// The JSON Schema of a system file, for editors (`fairlead schema`), and for messages that say what is
// allowed at a place: both come from the one zod schema.
import { z } from 'zod';
import { systemSchema } from './system.ts';

/** What this folder reads of JSON Schema. */
export interface SchemaNode {
  type?: string | string[] | undefined;
  description?: string | undefined;
  enum?: unknown[] | undefined;
  properties?: Record<string, SchemaNode> | undefined;
  additionalProperties?: SchemaNode | boolean | undefined;
  propertyNames?: SchemaNode | undefined;
  items?: SchemaNode | undefined;
  minimum?: number | undefined;
  maximum?: number | undefined;
  exclusiveMinimum?: number | undefined;
  exclusiveMaximum?: number | undefined;
  [other: string]: unknown;
}

const node: z.ZodType<SchemaNode> = z.lazy(() =>
  z.looseObject({
    type: z.union([z.string(), z.array(z.string())]).optional(),
    description: z.string().optional(),
    enum: z.array(z.unknown()).optional(),
    properties: z.record(z.string(), node).optional(),
    additionalProperties: z.union([z.boolean(), node]).optional(),
    propertyNames: node.optional(),
    items: node.optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    exclusiveMinimum: z.number().optional(),
    exclusiveMaximum: z.number().optional(),
  }),
);

/**
 * JSON Schema (draft 2020-12) of what is written, before defaults and units are worked out. Only
 * `system` is required: a file with a `base` may leave out anything else, and `check` knows the rest.
 */
export function systemJsonSchema(): SchemaNode {
  const generated = z.toJSONSchema(systemSchema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      delete jsonSchema.required;
    },
  });
  const title = 'A system of Fairlead: systems/<name>/system.yaml';
  return node.parse({ ...generated, title, required: ['system'] });
}

/** The same of any schema, for messages. */
export function jsonSchemaOf(schema: z.ZodType): SchemaNode {
  return node.parse(z.toJSONSchema(schema, { io: 'input' }));
}

let known: SchemaNode | undefined;

/** The schema of the place that `path` leads to; undefined where nothing is declared. */
export function schemaAt(path: readonly (string | number)[]): SchemaNode | undefined {
  known ??= systemJsonSchema();
  return nodeAt(known, path);
}

export function nodeAt(
  root: SchemaNode,
  path: readonly (string | number)[],
): SchemaNode | undefined {
  let here: SchemaNode | undefined = root;
  for (const part of path) here = here && step(here, part);
  return here;
}

function step(from: SchemaNode, part: string | number): SchemaNode | undefined {
  if (typeof part === 'number') return from.items;
  if (from.properties && Object.hasOwn(from.properties, part)) return from.properties[part];
  return typeof from.additionalProperties === 'object' ? from.additionalProperties : undefined;
}
