// Runs the server of a copy in the network that this process was started in, where nothing else is, and carries connections to it
// from a socket in its working folder: `alone SOCKET HOST:PORT [UID GID] -- COMMAND ARGUMENT ...`, as that user where one is
// named. The server has no rights over the network, and ends with this process, however that ends.
import { execFile, spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { carryingTo } from '../../machine/carry.ts';
import { systemToolEnvironment } from '../../machine/system-tools.ts';

const given = process.argv.slice(2);
const end = given.indexOf('--');
const [socket = '', place = '', uid, gid] = given.slice(0, end);
const [, host = '', port = ''] = /^(.+):(\d+)$/.exec(place) ?? [];

await promisify(execFile)('ip', ['link', 'set', 'lo', 'up'], { env: systemToolEnvironment() });
if (uid !== undefined && gid !== undefined) {
  process.setgroups?.([]);
  process.setgid?.(Number(gid));
  process.setuid?.(Number(uid));
}
await rm(socket, { force: true });
const door = carryingTo({ host, port: Number(port) });
await new Promise<void>((done, failed) => {
  door.once('error', failed);
  door.listen(socket, done);
});

// In a user namespace the user is its root, and would keep what that may do there.
const bounded = process.getuid?.() === 0 ? ['--bounding-set=-all', '--inh-caps=-all'] : [];
const without = ['--pdeathsig', 'KILL', '--no-new-privs', ...bounded, '--'];
const server = spawn('setpriv', [...without, ...given.slice(end + 1)], {
  stdio: 'inherit',
  env: systemToolEnvironment(),
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => server.kill(signal));
server.once('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
server.once('exit', (code) => {
  process.exit(code ?? 1);
});
