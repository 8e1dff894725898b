// The process that carries connections out of one target to the server of one copy: `relay SOCKET HOST PORT`, started
// by the adapter in the target's folder and ended with it. It stands outside and knows no other way than this one.
import { rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { carry } from './carry.ts';

const [, , socket = '', host = '', port = ''] = process.argv;

await rm(socket, { force: true });
createServer({ allowHalfOpen: true }, (inside) => {
  carry(inside, connect({ host, port: Number(port), allowHalfOpen: true }));
}).listen(socket);
