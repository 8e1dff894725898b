// Runs a server in the network namespace that this process was started in, where nobody else is, and carries connections
// to it from sockets in a folder: `enclosed FOLDER NAME=HOST:PORT ... -- COMMAND ARGUMENT ...`, a NAME for each socket.
import { becomeServer, loopbackUp, openSocket } from '../../machine/in-own-network.ts';

const [folder = '.', ...given] = process.argv.slice(2);
const end = given.indexOf('--');

// The path of a socket may have no more than 107 bytes.
process.chdir(folder);
await loopbackUp();
for (const way of given.slice(0, end)) {
  const [, name = '', host = '', port = ''] = /^([a-z]+)=(.+):(\d+)$/.exec(way) ?? [];
  await openSocket(name, { host, port: Number(port) });
}
becomeServer(given.slice(end + 1), { killed: (signal) => (signal === 'SIGTERM' ? 0 : 1) });
