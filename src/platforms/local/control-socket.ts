// The control socket of the local host: a Unix socket in a folder that is its user's alone, so that nobody else can ask the
// local host for anything, or answer in its place.
import { chmod, lstat, mkdir, mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { dirname, join } from 'node:path';
import { Failure } from '../../domain/failure.ts';

/** Bytes; the kernel takes 107 on Linux and 103 on macOS. */
const LONGEST = 103;
const NAME = 'control.sock';
const ELSEWHERE = '/tmp/fairlead';

/** Listens, and answers with the socket's path. `folder` is the host's own, `<data>/host`; `last`, where it listened before. */
export async function listenOnSocket(
  server: Server,
  folder: string,
  last: string | undefined,
): Promise<string> {
  const path = await placeOf(folder, last);
  // Whoever calls this holds the lock of the data folder: what lies there is a dead one's.
  await rm(path, { force: true });
  await new Promise<void>((done, failed) => {
    server.once('error', failed);
    server.listen(path, done);
  });
  await chmod(path, 0o600);
  return path;
}

/** Beside the state; below /tmp where that path is too long for a socket, in a folder that nobody can make first. */
async function placeOf(folder: string, last: string | undefined): Promise<string> {
  const near = join(folder, NAME);
  if (Buffer.byteLength(near) <= LONGEST) return near;
  const again = last?.startsWith(`${ELSEWHERE}-`) === true && last.endsWith(`/${NAME}`);
  if (again && (await requireOwn(last).then(yes, no))) return last;
  const made = await mkdtemp(`${ELSEWHERE}-`).catch((error: unknown) => {
    throw new Failure(
      'Refused',
      `making the control socket of the local host: ${near} is longer than the ${LONGEST} bytes that a socket's path may have, and there can be none below /tmp (${String(error)}); name a data folder with a shorter path`,
    );
  });
  return join(made, NAME);
}

const yes = (): boolean => true;
const no = (): boolean => false;

/** Makes the folder of the local host where it is missing, and closes it to others. Throws Refused where it is not ours. */
export async function closeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = await lstat(folder);
  if (found.isDirectory() && found.uid === process.getuid?.()) await chmod(folder, 0o700);
  await requireOwn(join(folder, NAME));
}

/** Throws Refused unless the folder of the socket is ours, no link, and closed to everybody else. */
export async function requireOwn(socket: string): Promise<void> {
  const folder = dirname(socket);
  const found = await lstat(folder).catch(() => undefined);
  const own = process.getuid?.();
  const problem =
    found?.isDirectory() !== true
      ? 'it is no folder'
      : own !== undefined && found.uid !== own
        ? `it belongs to user ${found.uid}, and this is user ${own}`
        : (found.mode & 0o077) !== 0
          ? `others may use it (mode ${(found.mode & 0o777).toString(8)})`
          : undefined;
  if (problem === undefined) return;
  throw new Failure(
    'Refused',
    `using the control socket of the local host in ${folder}: ${problem}; it has to be a folder of this user, of mode 700: run everything that shares a data folder as one user`,
  );
}
