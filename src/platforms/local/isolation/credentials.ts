// Tells a service how to log in to copies: fills in what stands for it in its environment. The last moment before it is
// started, so that no password is in anything that is kept.
import { readFile } from 'node:fs/promises';
import type { CopyAddress } from '../../../ports/backups.ts';
import { filledEnvironment } from '../../../domain/recovery/copy-template.ts';
import { Failure } from '../../../domain/failure.ts';

interface Filled {
  environment: Record<string, string>;
  /** The passwords that are in it. */
  secrets: string[];
}

/** `copies` by datastore. Throws NotReady for one whose password is not there. */
export async function filledIn(
  environment: Readonly<Record<string, string>>,
  copies: Readonly<Record<string, CopyAddress>>,
): Promise<Filled> {
  const known = new Map<string, string>();
  const secrets: string[] = [];
  for (const [datastore, copy] of Object.entries(copies)) {
    if (copy.kind === 'folder') continue;
    const { fields, passwordFile } = copy.login;
    const password = await passwordOf(datastore, passwordFile);
    secrets.push(password);
    for (const [field, value] of Object.entries({ ...fields, password })) {
      known.set(`copy.${datastore}.${field}`, value);
    }
  }
  return { environment: filledEnvironment(environment, known), secrets };
}

async function passwordOf(datastore: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const message = `logging in to the copy of ${datastore}: its password is not there: ${String(error)}; restore it again`;
    throw new Failure('NotReady', message);
  }
}
