// What people type to name things: SYSTEM, SYSTEM/SERVICE, OPERATION. Checked before anything is sent.
import { BACKUP_ID_ALLOWED, parseBackupId } from '../domain/backup-id.ts';
import { describeValue } from '../domain/describe-value.ts';
import { NAME, NAME_ALLOWED, RESERVED_NAMES } from '../domain/names.ts';
import { EXIT, ExitError } from './exit.ts';

export interface Target {
  system: string;
  service?: string;
}

export function systemName(text: string): string {
  if (!NAME.test(text)) throw bad('SYSTEM', text, NAME_ALLOWED);
  if (RESERVED_NAMES.has(text))
    throw bad('SYSTEM', text, 'a name that is not that of an operation');
  return text;
}

/** `shop` or `shop/api`. */
export function target(text: string): Target {
  const [system = '', service, ...rest] = text.split('/');
  if (rest.length > 0) throw bad('the target', text, 'SYSTEM or SYSTEM/SERVICE');
  if (service === undefined) return { system: systemName(system) };
  if (!NAME.test(service)) throw bad('SERVICE', service, NAME_ALLOWED);
  return { system: systemName(system), service };
}

/** `shop/api`. */
export function serviceTarget(text: string): Required<Target> {
  const { system, service } = target(text);
  if (service === undefined) {
    throw bad('the target', text, `SYSTEM/SERVICE, for example ${system}/api`);
  }
  return { system, service };
}

/** `shop` or `shop/orders`. */
export function dataTarget(text: string): { system: string; datastore?: string } {
  const [system = '', datastore, ...rest] = text.split('/');
  if (rest.length > 0) throw bad('the target', text, 'SYSTEM or SYSTEM/DATASTORE');
  if (datastore === undefined) return { system: systemName(system) };
  if (!NAME.test(datastore)) throw bad('DATASTORE', datastore, NAME_ALLOWED);
  return { system: systemName(system), datastore };
}

/** `shop/orders`. */
export function datastoreTarget(text: string): { system: string; datastore: string } {
  const { system, datastore } = dataTarget(text);
  if (datastore !== undefined) return { system, datastore };
  throw bad('the target', text, `SYSTEM/DATASTORE, for example ${system}/orders`);
}

/** `shop/orders/20261122T085126.123Z`, or `shop/orders` for its newest one. */
export function backupTarget(
  text: string,
): { system: string; backup: string } | { system: string; datastore: string } {
  const [system = '', datastore = '', ...more] = text.split('/');
  if (parseBackupId(text) === undefined && more.length === 0 && NAME.test(datastore)) {
    return { system: systemName(system), datastore };
  }
  if (parseBackupId(text) === undefined) {
    throw bad('BACKUP', text, `SYSTEM/DATASTORE, or ${BACKUP_ID_ALLOWED}`);
  }
  return namedBackup(text);
}

/** One of the catalogue, by its name. */
export function namedBackup(text: string): { system: string; backup: string } {
  const name = parseBackupId(text);
  if (name === undefined) throw bad('BACKUP', text, BACKUP_ID_ALLOWED);
  return { system: systemName(name.system), backup: text };
}

/** An operation or a workflow id: anything that can be asked for without changing the question. */
export function operationName(text: string): string {
  if (/^[^"'\\\p{Cc}]{1,255}$/u.test(text)) return text;
  throw bad('OPERATION', text, 'an id such as deploy/shop/api/v2, as "fairlead list" shows it');
}

/** Names of operations start with what they do: `deploy/...`. */
export function looksLikeOperation(text: string): boolean {
  return text.includes('/') || !NAME.test(text);
}

function bad(what: string, value: string, allowed: string): ExitError {
  return new ExitError(EXIT.badInput, `${what} is ${describeValue(value)}, allowed: ${allowed}`);
}
