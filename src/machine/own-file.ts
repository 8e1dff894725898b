// Whose a file, a folder or a port is. What is found by walking through folders that anybody may write to is believed only where nobody else can
// have put or changed it.
import { lstatSync, readFileSync, statSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';

/** Why the file cannot be believed, as a sentence; `missing` where it is not there; undefined where it is ours alone. */
export function distrustOf(file: string): string | undefined {
  const folder = dirname(file);
  const [inFolder, itself] = [folder, file].map((path) =>
    lstatSync(path, { throwIfNoEntry: false }),
  );
  if (!itself) return 'missing';
  if (!itself.isFile()) return `${file} is no plain file`;
  if (inFolder?.isDirectory() !== true) return `${folder} is a link to another folder`;
  return strangerOf(folder, inFolder) ?? strangerOf(file, itself);
}

/** Is it a plain file that this user wrote? False where nothing is. */
export function isOurs(file: string): boolean {
  const found = lstatSync(file, { throwIfNoEntry: false });
  const own = process.getuid?.();
  return found?.isFile() === true && (own === undefined || found.uid === own);
}

/** Why nothing of ours is to be put into the folder, as a sentence; undefined where it is ours, or not there. */
export function strangersFolder(folder: string): string | undefined {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (!found) return undefined;
  if (!found.isDirectory()) return `${folder} is no folder`;
  // A group may write where the umask says so.
  return strangerOf(folder, found, 0o002);
}

function strangerOf(path: string, { uid, mode }: Stats, others = 0o022): string | undefined {
  const own = process.getuid?.();
  if (own !== undefined && uid !== own)
    return `${path} belongs to user ${uid}, and this is user ${own}`;
  if ((mode & others) === 0) return undefined;
  return `others may write to ${path} (mode ${(mode & 0o777).toString(8)})`;
}

/** Why a program is not run, as a sentence: somebody but its user and root can have put it there, or a folder above it up to `top`. */
export function whoMayChange(program: string, top: string): string | undefined {
  const own = process.getuid?.();
  for (let at = program; at.startsWith(top); at = dirname(at)) {
    const { uid, mode } = statSync(at);
    if (own !== undefined && uid !== own && uid !== 0) return `${at} belongs to user ${uid}`;
    if ((mode & 0o002) !== 0) return `everybody may write to ${at}`;
    if (at === top) break;
  }
  return undefined;
}

/** 127.0.0.1 as /proc writes it, in either order of bytes; then every address. */
const HEARD_AT = [/^(0100007F|7F000001)$/, /^0+$/];

/** Which user hears what is sent to a port of 127.0.0.1; undefined where nobody does, or nothing says so. */
export function listeningUser(port: number): number | undefined {
  const lines = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => textOf(table).split('\n'));
  const listening = lines.flatMap((line) => {
    const [, local = '', , state, , , , uid] = line.trim().split(/\s+/);
    const [address = '', at = ''] = local.split(':');
    return state === '0A' && parseInt(at, 16) === port ? [{ address, uid: Number(uid) }] : [];
  });
  const [first] = HEARD_AT.flatMap((own) => listening.filter(({ address }) => own.test(address)));
  return first?.uid;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
