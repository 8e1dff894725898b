// What fields of a system file are made of: texts of one form, and values that may be secrets of somewhere else.
import { z } from 'zod';

/** A text of one form; the sentence says what to write, in messages and in editors. */
export const text = (pattern: RegExp, description: string) =>
  z.string().regex(pattern, description).meta({ description });

export const variable = text(
  /^[A-Za-z_][A-Za-z0-9_]*$/,
  'the name of an environment variable: letters, digits and underscores, no digit first',
);

export const reference = [
  z.strictObject({ env: variable }),
  z.strictObject({ file: z.string().min(1) }),
] as const;

/** A value, or where to find a secret: resolved where the process is started, never stored. */
export const setting = z.union([z.string(), z.number(), z.boolean(), ...reference]).meta({
  description: 'a text, a number, true or false, or a secret as {env: NAME} or {file: PATH}',
});

export const headerName = text(
  /^[A-Za-z0-9-]{1,64}$/,
  "a header's name: letters, digits and hyphens",
);
