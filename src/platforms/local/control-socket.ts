// The control socket of the local host: a Unix socket in a folder that is its user's alone, so that nobody else can ask the
// local host for anything, or answer in its place.
import { createHash } from 'node:crypto';
import { chmod, lstat, mkdir, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { dirname, join } from 'node:path';
import { Failure } from '../../domain/failure.ts';

/** Bytes; the kernel takes 107 on Linux and 103 on macOS. */
const LONGEST = 103;

/** Listens, and answers with the socket's path. `folder` is the host's own, `<data>/host`. */
export async function listenOnSocket(server: Server, folder: string): Promise<string> {
  const path = await placeOf(folder);
  // Whoever calls this holds the lock of the data folder: what lies there is a dead one's.
  await rm(path, { force: true });
  await new Promise<void>((done, failed) => {
    server.once('error', failed);
    server.listen(path, done);
  });
  await chmod(path, 0o600);
  return path;
}

/** Beside the state, or below /tmp where that path is too long for a socket. */
async function placeOf(folder: string): Promise<string> {
  const near = join(folder, 'control.sock');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (Buffer.byteLength(near) <= LONGEST) {
    await chmod(folder, 0o700);
    await requireOwn(near);
    return near;
  }
  const short = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  const path = join('/tmp', `fairlead-${process.getuid?.() ?? 0}-${short}`, 'control.sock');
  await mkdir(dirname(path), { mode: 0o700 }).catch(() => undefined);
  await requireOwn(path);
  return path;
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
