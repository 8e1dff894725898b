// Who listens on a port of this machine: node checks/port-holder.mjs PORT [free]. Prints a row for each process; with `free` it
// exits with 1 where somebody does. Linux.
import { readdir, readFile, readlink } from 'node:fs/promises';

const LISTENS = '0A';

/** Processes that listen on a port, as far as this user may see them: pid, whose, command. */
export async function holdersOf(port) {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')),
  );
  const sockets = tables
    .join('\n')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '', , state]) => state === LISTENS && local.endsWith(`:${hex}`))
    .map((fields) => ({ inode: fields[9], uid: fields[7] }));
  const found = [];
  for (const pid of sockets.length === 0
    ? []
    : (await readdir('/proc')).filter((one) => /^\d+$/.test(one))) {
    const fds = await readdir(`/proc/${pid}/fd`).catch(() => []);
    const links = await Promise.all(
      fds.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')),
    );
    if (!sockets.some(({ inode }) => links.includes(`socket:[${inode}]`))) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    found.push({ pid: Number(pid), command: command.replaceAll('\0', ' ').trim().slice(0, 150) });
  }
  const isHidden = sockets.length > 0 && found.length === 0;
  return isHidden ? [{ pid: 0, command: `a process of the user ${sockets[0].uid}` }] : found;
}

if (process.argv[1] === import.meta.filename) {
  const [port = '8000', free] = process.argv.slice(2);
  const found = await holdersOf(Number(port));
  console.log(found.length === 0 ? `nobody listens on ${port}` : JSON.stringify(found));
  if (free === 'free' && found.length > 0) process.exitCode = 1;
}
