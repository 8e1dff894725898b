// What people type to name things: SYSTEM, SYSTEM/SERVICE, OPERATION. Checked before anything is sent.
import { BACKUP_ID_ALLOWED, parseBackupId } from '../domain/backup/backup-id.ts';
import { describeValue } from '../domain/text/describe-value.ts';
import { NAME, NAME_ALLOWED, RESERVED_NAMES } from '../domain/text/names.ts';
import { EXIT, ExitError } from './exit.ts';

export interface ServiceName {
  system: string;
  service?: string;
}

export function systemName(text: string): string {
  if (!NAME.test(text)) throw notAllowed('SYSTEM', text, NAME_ALLOWED);
  if (RESERVED_NAMES.has(text))
    throw notAllowed('SYSTEM', text, 'a name that is not that of an operation');
  return text;
}

/** `shop` or `shop/api`. */
export function target(text: string): ServiceName {
  const [system = '', service, ...rest] = text.split('/');
  if (rest.length > 0) throw notAllowed('the target', text, 'SYSTEM or SYSTEM/SERVICE');
  if (service === undefined) return { system: systemName(system) };
  if (!NAME.test(service)) throw notAllowed('SERVICE', service, NAME_ALLOWED);
  return { system: systemName(system), service };
}

/** `shop/api`. */
export function serviceTarget(text: string): Required<ServiceName> {
  const { system, service } = target(text);
  if (service === undefined) {
    throw notAllowed('the target', text, `SYSTEM/SERVICE, for example ${system}/api`);
  }
  return { system, service };
}

/** `shop` or `shop/orders`. */
export function dataTarget(text: string): { system: string; datastore?: string } {
  const [system = '', datastore, ...rest] = text.split('/');
  if (rest.length > 0) throw notAllowed('the target', text, 'SYSTEM or SYSTEM/DATASTORE');
  if (datastore === undefined) return { system: systemName(system) };
  if (!NAME.test(datastore)) throw notAllowed('DATASTORE', datastore, NAME_ALLOWED);
  return { system: systemName(system), datastore };
}

/** `shop/orders`. */
export function datastoreTarget(text: string): { system: string; datastore: string } {
  const { system, datastore } = dataTarget(text);
  if (datastore !== undefined) return { system, datastore };
  throw notAllowed('the target', text, `SYSTEM/DATASTORE, for example ${system}/orders`);
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
    throw notAllowed('BACKUP', text, `SYSTEM/DATASTORE, or ${BACKUP_ID_ALLOWED}`);
  }
  return namedBackup(text);
}

/** A backup of the catalogue, by its whole name. */
export function namedBackup(text: string): { system: string; backup: string } {
  const name = parseBackupId(text);
  if (name === undefined) throw notAllowed('BACKUP', text, BACKUP_ID_ALLOWED);
  return { system: systemName(name.system), backup: text };
}

/** What an OPERATION on the command line says: a name, and where it was the address of a page also which run in which namespace. */
export interface OperationText {
  name: string;
  runId?: string;
  namespace?: string;
}

/** A page of the Web UI, whichever of its tabs. */
const PAGE =
  /^https?:\/\/\S*?\/namespaces\/([^/?#]+)\/workflows\/([^/?#]+)(?:\/([0-9a-f-]{36}))?(?:[/?#]|$)/;

/** The name of an operation, a workflow's id, a run's id, or the pasted address of its page. */
export function operationText(text: string): OperationText {
  if (!/^https?:\/\//.test(text)) return { name: operationName(text) };
  const [, namespace, id, runId] = PAGE.exec(text) ?? [];
  if (namespace === undefined || id === undefined) {
    throw notAllowed(
      'OPERATION',
      text,
      "the address of an operation's page in the Web UI, or its id",
    );
  }
  try {
    return {
      name: operationName(decodeURIComponent(id)),
      namespace: decodeURIComponent(namespace),
      ...(runId !== undefined && { runId }),
    };
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw notAllowed('OPERATION', text, 'an address as a browser shows it');
  }
}

const RUN_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function looksLikeRunId(text: string): boolean {
  return RUN_ID.test(text);
}

/** An operation or a workflow id: any text that can stand in a query of visibility as it is. */
export function operationName(text: string): string {
  if (/^[^"'\\\p{Cc}]{1,255}$/u.test(text)) return text;
  throw notAllowed(
    'OPERATION',
    text,
    'an id such as deploy/shop/api/v2, as "fairlead list" shows it',
  );
}

/** Names of operations start with what they do: `deploy/...`. */
export function looksLikeOperation(text: string): boolean {
  return text.includes('/') || !NAME.test(text);
}

function notAllowed(what: string, value: string, allowed: string): ExitError {
  return new ExitError(EXIT.badInput, `${what} is ${describeValue(value)}, allowed: ${allowed}`);
}
