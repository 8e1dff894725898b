// Runs a server in the network namespace that this process was started in, where nobody else is, and carries connections
// to it from sockets in a folder: `enclosed FOLDER NAME=HOST:PORT ... -- COMMAND ARGUMENT ...`, a NAME for each socket.
import { execFile, spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { carryingTo } from '../../machine/carry.ts';
import { systemToolEnvironment } from '../../machine/system-tools.ts';

const [folder = '.', ...given] = process.argv.slice(2);
const end = given.indexOf('--');
const [command = '', ...args] = given.slice(end + 1);

// The path of a socket may have no more than 107 bytes.
process.chdir(folder);
await promisify(execFile)('ip', ['link', 'set', 'lo', 'up'], { env: systemToolEnvironment() });
for (const ways of given.slice(0, end)) await open(ways);
// The server ends with this process, however that ends.
const server = spawn('setpriv', ['--pdeathsig', 'KILL', '--', command, ...args], {
  stdio: 'inherit',
  env: systemToolEnvironment(),
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => server.kill(signal));
server.once('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
server.once('exit', (code, signal) => {
  process.exit(code ?? (signal === 'SIGTERM' ? 0 : 1));
});

async function open(way: string): Promise<void> {
  const [, name = '', host = '', port = ''] = /^([a-z]+)=(.+):(\d+)$/.exec(way) ?? [];
  await rm(name, { force: true });
  const door = carryingTo({ host, port: Number(port) });
  await new Promise<void>((done, failed) => {
    door.once('error', failed);
    door.listen(name, done);
  });
}
