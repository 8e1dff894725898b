// The token that whoever posts alerts has to show: a secret that is referred to, in a file or in the environment. Where nobody
// names one, a file of the data folder has it, which is made at the first start and which nobody else can read.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Failure } from '../domain/failure.ts';
import { secretValue, type SecretReference } from '../integrations/secret-value.ts';
import { keepFirst } from '../machine/keep-file.ts';

/** The environment variable that may have the token itself. */
export const TOKEN_VARIABLE = 'FAIRLEAD_HOOKS_TOKEN';
/** Whoever guesses a token guesses for a long time. */
const SHORTEST = 16;

export interface TokenPlace {
  /** The data folder. */
  data: string;
  /** The file that was named. */
  file?: string;
  env: Record<string, string | undefined>;
}

export interface Token {
  /** Where it is, for people: a path, or the name of a variable. */
  where: string;
  /** Is it this one? It is read anew each time, so that a new one counts at once. Throws a `Failure` Unavailable. */
  fits(shown: string): Promise<boolean>;
}

/** Throws a `Failure` BadInput where there is none, or one that is too short. */
export async function findToken({ data, file, env }: TokenPlace): Promise<Token> {
  const reference = await referenceOf({ data, env, ...(file !== undefined && { file }) });
  const where = 'file' in reference ? reference.file : `the environment variable ${reference.env}`;
  const read = async (): Promise<string> => {
    const found = await secretValue(reference, '.', {
      ...{ env, reader: '`fairlead hooks`' },
      readFile: (path) => readFile(path, 'utf8'),
    });
    if ('problem' in found) {
      throw new Failure('BadInput', `the token for alerts is expected in ${found.problem}`);
    }
    const token = found.secret.trim();
    if (token.length >= SHORTEST) return token;
    throw new Failure(
      'BadInput',
      `the token for alerts in ${where} has ${token.length} characters, and at least ${SHORTEST} are needed: openssl rand -hex 32 makes one`,
    );
  };
  await read();
  return { where, fits: async (shown) => equal(shown, await read()) };
}

async function referenceOf({ data, file, env }: TokenPlace): Promise<SecretReference> {
  if (file !== undefined) return { file: resolve(file) };
  if ((env[TOKEN_VARIABLE] ?? '') !== '') return { env: TOKEN_VARIABLE };
  return { file: await ownFile(resolve(data)) };
}

/** Makes the file where it is not there; of two that do so at once one is the first. */
async function ownFile(data: string): Promise<string> {
  const folder = join(data, 'keys');
  const file = join(folder, 'hooks-token');
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await keepFirst(file, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
    return file;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Failure(
      'BadInput',
      `making the token for alerts in ${file}: ${why}; name a file by --token-file`,
    );
  }
}

/** Takes as long whatever was shown. */
function equal(shown: string, token: string): boolean {
  const [one, other] = [shown, token].map((text) => createHash('sha256').update(text).digest());
  return one !== undefined && other !== undefined && timingSafeEqual(one, other);
}
