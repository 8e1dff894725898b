// Terms that more than one part of a system file is made of: names, paths, values, references to secrets.
import { z } from 'zod';
import { NAME, NAME_ALLOWED } from '../domain/names.ts';

/** A text of one form; the sentence says what to write, in messages and in editors. */
export const text = (pattern: RegExp, description: string) =>
  z.string().regex(pattern, description).meta({ description });

/** System, service, datastore, analysis and approval names end in workflow ids, URLs and file names. */
export const name = text(NAME, NAME_ALLOWED);

export const variable = text(
  /^[A-Za-z_][A-Za-z0-9_]*$/,
  'the name of an environment variable: letters, digits and underscores, no digit first',
);

/** Inside the system's folder: rules.ts refuses what leaves it. */
export const path = z.string().min(1).meta({ description: "a path inside the system's folder" });

export const reference = [
  z.strictObject({ env: variable }),
  z.strictObject({ file: z.string().min(1) }),
] as const;

/** A secret that is nowhere written: only where it is. */
export const secret = z
  .union(reference)
  .meta({ description: 'a secret as {env: NAME} or {file: PATH}' });

/** A value, or where to find a secret: resolved where the process is started, never stored. */
export const setting = z.union([z.string(), z.number(), z.boolean(), ...reference]).meta({
  description: 'a text, a number, true or false, or a secret as {env: NAME} or {file: PATH}',
});

export const headerName = text(
  /^[A-Za-z0-9-]{1,64}$/,
  "a header's name: letters, digits and hyphens",
);
