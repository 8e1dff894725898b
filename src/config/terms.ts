// Terms that more than one part of a system file is made of: names, paths, values, references to secrets,
// durations.
import { isIP } from 'node:net';
import { posix } from 'node:path';
import { z } from 'zod';
import { NAME, NAME_ALLOWED } from '../domain/text/names.ts';
import { DURATION, milliseconds, WRITTEN } from '../domain/text/duration-text.ts';
import { shown } from './reading/wording.ts';

/** A text of one form; the sentence says what to write, in messages and in editors. */
export const text = (pattern: RegExp, description: string) =>
  z.string().regex(pattern, description).meta({ description });

/** System, service, datastore, analysis and approval names end in workflow ids, URLs and file names. */
export const name = text(NAME, NAME_ALLOWED);

export const variable = text(
  /^[A-Za-z_][A-Za-z0-9_]*$/,
  'the name of an environment variable: letters, digits and underscores, no digit first',
);

/** Inside the system's folder: what leaves it is refused by the checks of whoever has such a field. */
export const path = z.string().min(1).meta({ description: "a path inside the system's folder" });

export const reference = [
  z.strictObject({
    env: variable.meta({
      meaning:
        'The environment variable that has the secret, where it is needed: of the worker, or of the local host.',
      example: 'SHOP_API_KEY',
    }),
  }),
  z.strictObject({
    file: z.string().min(1).meta({
      meaning: 'The file that has the secret and nothing else.',
      example: '/run/secrets/shop-api-key',
    }),
  }),
] as const;

/** A secret that is nowhere written: only where it is. */
export const secret = z
  .union(reference)
  .meta({ description: 'a secret as {env: NAME} or {file: PATH}' });

/** A value, or where to find a secret: resolved where the process is started, never stored. */
export const setting = z.union([z.string(), z.number(), z.boolean(), ...reference]).meta({
  description: 'a text, a number, true or false, or a secret as {env: NAME} or {file: PATH}',
});

export type Setting = z.output<typeof setting>;

export const headerName = text(
  /^[A-Za-z0-9-]{1,64}$/,
  "a header's name: letters, digits and hyphens",
);

export const httpUrl = text(/^https?:\/\/\S+$/, 'an http(s) URL');

/** On the address of a service that is named beside it, never of another host. */
export const httpPath = (example: string) => text(/^\/(?!\/)\S*$/, `a path such as ${example}`);

export const percent = z.number().min(0).max(100);

export const host = text(/^[A-Za-z0-9.:-]{1,253}$/, 'a host name or an IP address');

/** An address of a machine, or a range of them. */
export const addressRange = z
  .string()
  .refine(isAddressRange, 'an IP address or a range such as 10.0.0.0/8')
  .meta({ description: 'an IP address or a range such as 10.0.0.0/8' });

function isAddressRange(written: string): boolean {
  const [address = '', bits, ...rest] = written.split('/');
  const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  if (rest.length > 0) return false;
  return bits === undefined ? most > 0 : /^\d{1,3}$/.test(bits) && Number(bits) <= most;
}

export const port = z.number().int().min(1).max(65_535);

/** The name of a database or of one of its users. */
export const shortName = text(
  /^[ -~\u00a0-\uffff]{1,63}$/,
  'a name of up to 63 characters, no line break or other control character among them',
);

/** How a datastore that is a server is reached: the same fields for every kind. */
export const server = {
  host: z.exactOptional(host).meta({
    meaning:
      'postgres, redis, mongodb: where the server is; without it 127.0.0.1. firestore: where an emulator is; without it FIRESTORE_EMULATOR_HOST of the worker, and without that Google.',
    example: '127.0.0.1',
  }),
  port: z.exactOptional(port).meta({
    meaning: 'its port; without it 5432, 6379 or 27017, and 8080 for an emulator of Firestore.',
    example: 5432,
  }),
  user: z
    .exactOptional(shortName)
    .meta({ meaning: 'postgres, redis, mongodb: who logs in.', example: 'fairlead' }),
  password: z.exactOptional(secret).meta({
    meaning: 'postgres, redis, mongodb: the password of user.',
    example: { env: 'ORDERS_PASSWORD' },
  }),
};

/** The database of a server that a datastore is. */
export const database = z.exactOptional(shortName).meta({
  meaning: 'postgres, mongodb, firestore: the database; of Firestore without it (default).',
  example: 'orders',
});

export const command = z
  .array(z.string().min(1))
  .min(1)
  .meta({ description: 'a list: the program and its arguments, run without a shell' });

/** Is a written path relative, and inside the system's folder or one of its bases'? */
export function staysInside(path: string, folders: readonly string[]): boolean {
  if (path.startsWith('/') || path.includes('\\') || path.includes('\0')) return false;
  const normal = posix.normalize(path);
  if (normal !== '..' && !normal.startsWith('../')) return true;
  return folders.some((name) => normal === `../${name}` || normal.startsWith(`../${name}/`));
}

export function leavesFolder(path: string): string {
  return `${shown(path)} leaves the system's folder; write a relative path inside it`;
}

function durationFrom(least: number, description: string) {
  return z
    .string()
    .meta({ description, pattern: WRITTEN.source })
    .refine((text) => (milliseconds(text) ?? -1) >= least, description)
    .transform((text) => milliseconds(text) ?? 0);
}

/** Written as `3s`, milliseconds everywhere else; zero is fine. */
export const duration = durationFrom(0, DURATION);
/** Zero makes no sense: a deadline, an interval, a timeout. */
export const someTime = durationFrom(1, `${DURATION}, longer than 0`);
