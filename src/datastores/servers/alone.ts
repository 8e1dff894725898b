// Runs the server of a copy in the network that this process was started in, where nothing else is, and carries connections to it
// from a socket in its working folder: `alone SOCKET HOST:PORT [UID GID] -- COMMAND ARGUMENT ...`, as that user where one is
// named. The server has no rights over the network, and ends with this process, however that ends.
import { becomeServer, loopbackUp, openSocket } from '../../machine/in-own-network.ts';

const given = process.argv.slice(2);
const end = given.indexOf('--');
const [socket = '', place = '', uid, gid] = given.slice(0, end);
const [, host = '', port = ''] = /^(.+):(\d+)$/.exec(place) ?? [];

await loopbackUp();
if (uid !== undefined && gid !== undefined) {
  process.setgroups?.([]);
  process.setgid?.(Number(gid));
  process.setuid?.(Number(uid));
}
await openSocket(socket, { host, port: Number(port) });

// In a user namespace the user is its root, and would keep what that may do there.
const bounded = process.getuid?.() === 0 ? ['--bounding-set=-all', '--inh-caps=-all'] : [];
becomeServer(given.slice(end + 1), { options: ['--no-new-privs', ...bounded], killed: () => 1 });
