// Runs mongodump and mongorestore: where to log in, and with what, stands in a file that only this user can read.
import { rm, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Bytes } from '../../ports/objects.ts';
import type { Waiting } from '../../ports/waiting.ts';
import { Failure } from '../../domain/failure.ts';
import { toolOutput } from '../tool.ts';
import { connectionString, sourceOf, type MongoAddress } from './connection.ts';

export interface MongoTool {
  program: string;
  args: readonly string[];
  address: MongoAddress;
  /** Where it runs, and where the file lies meanwhile. */
  folder: string;
  input?: Bytes;
}

/** What it prints. Throws as a tool does, with the sentence that it gave as its reason. */
export async function* mongoTool(
  { program, args, address, folder, input }: MongoTool,
  { signal }: Waiting,
): Bytes {
  const file = join(folder, `login-${randomUUID().slice(0, 8)}.yaml`);
  // JSON is YAML too.
  const text = `uri: ${JSON.stringify(connectionString(address))}\n`;
  await writeFile(file, text, { mode: 0o600, flag: 'wx' });
  try {
    yield* toolOutput({
      ...{ program, args: ['--config', file, ...args], env: {}, directory: folder, signal },
      ...(input && { input }),
    });
  } catch (error) {
    throw said(address, error);
  } finally {
    await rm(file, { force: true });
  }
}

/** What they say when the server went, or was never there. */
const AWAY =
  /connection (?:refused|reset|closed)|server selection (?:error|timeout)|could not connect|can't create session|socket was unexpectedly closed|incomplete read|EOF$|context deadline/i;
const NOT_ALLOWED = /not authorized|unauthorized|authentication failed|requires authentication/i;

/** Their last line tells how much they did, whatever went wrong: the one before says what. */
function said(address: MongoAddress, error: unknown): unknown {
  if (!(error instanceof Failure) || error.kind !== 'CheckFailed') return error;
  const [, reason] = /\bFailed: (.*?)(?= \d{4}-\d\d-\d\dT\d\d:|\)?$)/.exec(error.message) ?? [];
  const message = reason === undefined ? error.message : `${reason} (${error.message})`;
  if (NOT_ALLOWED.test(message)) return new Failure('Refused', `${sourceOf(address)}: ${message}`);
  if (!AWAY.test(reason ?? message)) return new Failure('CheckFailed', message);
  return new Failure('Unavailable', `${sourceOf(address)}: ${message}`);
}
