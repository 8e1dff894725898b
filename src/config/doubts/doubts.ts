// What `check` says of a file that is right and may still not do what somebody meant: files that are not there, values
// that make others idle, placeholders that nothing is put in for. A warning stops nobody's work.
import { isWritten, plain, type Located, type Path } from '../reading/located.ts';
import type { Readable } from '../reading/salvage.ts';
import { under, type Remark } from '../remark.ts';
import { healthOnly } from './health-only.ts';
import { idleRemarks } from './idle.ts';
import { literalPlaceholders } from './literal-placeholders.ts';
import { unreachedCopies } from './unreached-copies.ts';
import { unsetSecrets } from './unset-secrets.ts';
import { storeFolderMissing, storeKeyMissing, serviceFilesMissing } from './missing-files.ts';

export interface DoubtsInput {
  readable: Readable;
  root: Located;
  /** The folder that relative paths start from, as an absolute path. */
  folder: string;
  /** The environment of the command that checks: programs are looked for on its PATH, secrets by their names. */
  environment: Readonly<Record<string, string | undefined>>;
}

export async function doubtsOf({
  readable,
  root,
  folder,
  environment,
}: DoubtsInput): Promise<Remark[]> {
  const searchPath = environment['PATH'] ?? '';
  const wrote = (path: Path): boolean => isWritten(root, path);
  const services = Object.entries(readable.services).map(async ([name, service]) =>
    under(['services', name], await serviceFilesMissing(service, folder, searchPath)),
  );
  const stores = Object.entries(readable.datastores).map(async ([name, store]) =>
    under(
      ['datastores', name],
      [...(await storeFolderMissing(store, folder)), ...(await storeKeyMissing(store, folder))],
    ),
  );
  return [
    ...(await Promise.all([...services, ...stores])).flat(),
    ...idleRemarks(readable, wrote),
    ...healthOnly(readable),
    ...unreachedCopies(readable),
    ...literalPlaceholders(plain(root)),
    ...unsetSecrets(plain(root), environment),
  ];
}
