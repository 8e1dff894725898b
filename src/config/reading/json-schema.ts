// The JSON Schema of a system file, for editors (`fairlead schema`), for the page of all keys (docs/system-file.md), and
// for messages that say what is allowed at a place: all come from the one zod schema.
import { z } from 'zod';
import { systemSchema } from '../system.ts';

/** `meaning`: what a key is for, a sentence; `example`: a value of it. `description` says what is allowed. */
export type SchemaNode = z.core.JSONSchema.JSONSchema & { meaning?: string; example?: unknown };

/**
 * JSON Schema (draft 2020-12) of what is written, before defaults and units are worked out. Only
 * `system` is required: a file with a `base` may leave out anything else, and `check` knows the rest.
 */
export function systemJsonSchema(): SchemaNode {
  return generated(forEditors);
}

/** JSON Schema of another file that people write, for their editors. */
export function editorSchemaOf(schema: z.ZodType, title: string): SchemaNode {
  const written = z.toJSONSchema(schema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      forEditors(jsonSchema);
    },
  });
  return { ...written, title };
}

function forEditors(node: SchemaNode): void {
  const { meaning, example, description } = node;
  delete node.meaning;
  delete node.example;
  const allowed = description === undefined ? '' : ` Write ${description}.`;
  if (meaning !== undefined) node.description = `${meaning}${allowed}`;
  if (example !== undefined) node.examples = [example];
}

/** The same, with `meaning`, `example` and `description` apart. */
export function annotatedSchema(): SchemaNode {
  return generated(() => undefined);
}

/** That, with what a file without a `base` cannot leave out as `required`, at every place. */
export function wholeSchema(): SchemaNode {
  return z.toJSONSchema(systemSchema, { io: 'input' });
}

function generated(annotate: (node: SchemaNode) => void): SchemaNode {
  const schema = z.toJSONSchema(systemSchema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      delete jsonSchema.required;
      annotate(jsonSchema);
    },
  });
  const title = 'A system of Fairlead: systems/<name>/system.yaml';
  return { ...schema, title, required: ['system'] };
}

/** The JSON Schema of any zod schema, for messages. */
export function jsonSchemaOf(schema: z.ZodType): SchemaNode {
  return z.toJSONSchema(schema, { io: 'input' });
}

let known: SchemaNode | undefined;

/** The schema of the place that `path` leads to; undefined where nothing is declared. */
export function schemaAt(path: readonly (string | number)[]): SchemaNode | undefined {
  known ??= annotatedSchema();
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

function step(
  { items, properties = {}, additionalProperties }: SchemaNode,
  part: string | number,
): SchemaNode | undefined {
  const named = Object.hasOwn(properties, part) ? properties[part] : additionalProperties;
  const found = typeof part === 'number' ? items : named;
  return typeof found === 'object' && !Array.isArray(found) ? found : undefined;
}
