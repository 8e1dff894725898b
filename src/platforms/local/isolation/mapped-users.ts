// Whose the processes of a target are where root opens it. Of its own user namespace root alone would be a user, and each service
// root; so whoever starts it says that everybody in it is who they are outside, and a service runs as whom it runs live.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lchown, lstat, readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Arguments of unshare: without a map, and with the rights that a map gives root. */
export const UNMAPPED = ['--user', '--keep-caps'];

const LOOK_AGAIN_MS = 5;

/** Maps the users of this process's namespace to themselves in the one that the process `pid` makes. Throws what the kernel says. */
export async function mapUsers(pid: number, signal: AbortSignal): Promise<void> {
  const own = await readlink('/proc/self/ns/user');
  while ((await readlink(`/proc/${pid}/ns/user`)) === own) {
    await sleep(LOOK_AGAIN_MS, undefined, { signal });
  }
  for (const map of ['gid_map', 'uid_map']) {
    const ranges = (await readFile(`/proc/self/${map}`, 'utf8')).trim().split('\n');
    const same = ranges.map((range) => {
      const [first = '', , count = ''] = range.trim().split(/\s+/);
      return `${first} ${first} ${count}\n`;
    });
    await writeFile(`/proc/${pid}/${map}`, same.join(''));
  }
}

/** Waits in the new namespace until its users are mapped: before that nothing is to be done there. */
export async function untilMapped(): Promise<void> {
  while ((await readFile('/proc/self/uid_map', 'utf8')).trim() === '') await sleep(LOOK_AGAIN_MS);
}

/** Why this machine lets root map nobody, as it said; undefined where it does. */
export async function whyUnmapped(): Promise<string | undefined> {
  const child = spawn('unshare', [...UNMAPPED, '--', 'sleep', '60'], { stdio: 'ignore' });
  child.once('error', () => undefined);
  try {
    await once(child, 'spawn');
    await mapUsers(child.pid ?? 0, AbortSignal.timeout(10_000));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    child.kill('SIGKILL');
  }
}

/** What root restored into the folder of a copy belongs from then on to whom the live folder belongs, and is theirs to write. */
export async function giveCopy(copy: string, live: string): Promise<void> {
  const theirs = await stat(live).catch(() => undefined);
  if (process.getuid?.() !== 0 || theirs === undefined || theirs.uid === 0) return;
  const { uid, gid } = theirs;
  // Given already: its owner may have put anything there since.
  if ((await lstat(copy)).uid !== 0) return;
  for (const name of await readdir(copy, { recursive: true }))
    await lchown(join(copy, name), uid, gid);
  // Last: from now on it is theirs, and nothing is done in it any more.
  await lchown(copy, uid, gid);
}
