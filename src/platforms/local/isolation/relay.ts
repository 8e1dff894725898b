// Carries connections from one place to another, in the folder that it is started in: it is ended with what else runs
// there, and ends by itself once the folder is removed. `relay FROM TO [UID GID]`, each a socket in that folder or
// HOST:PORT. Out of a target to the server of a copy, whose network it stands outside of; and from the loopback to a
// server of a copy whose network is its own. It prints the port that it took.
import { statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { carryingTo } from '../../../machine/carry.ts';

/** How often the relay looks whether its folder is still there. */
const LOOK_MS = 2_000;

const [, , from = '', to = '', uid, gid] = process.argv;

function place(text: string): { path: string } | { host: string; port: number } {
  const [, host, port] = /^(.+):(\d+)$/.exec(text) ?? [];
  return host === undefined ? { path: text } : { host, port: Number(port) };
}

function become(user: string, group: string): void {
  process.setgroups?.([]);
  process.setgid?.(Number(group));
  process.setuid?.(Number(user));
}

if (uid !== undefined && gid !== undefined) become(uid, gid);
const here = place(from);
if ('path' in here) await rm(here.path, { force: true });
const server = carryingTo(place(to));
server.listen(here, () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) process.stdout.write(`${address.port}\n`);
});
setInterval(() => {
  if (isRemoved()) process.exit();
}, LOOK_MS);

/** A folder that is removed has no names left; its processes stay in it. */
function isRemoved(): boolean {
  try {
    return statSync('.').nlink === 0;
  } catch {
    return false;
  }
}
