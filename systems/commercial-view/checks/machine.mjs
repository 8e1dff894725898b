// What this machine is busy with: its load, memory and disk, as rows.
import { statfs } from 'node:fs/promises';
import { availableParallelism, freemem, loadavg, totalmem, uptime } from 'node:os';

const { bavail, blocks, bsize } = await statfs('.');
const gib = (bytes) => `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
console.log(
  JSON.stringify([
    { what: 'load of the last minute', is: loadavg()[0].toFixed(2), of: availableParallelism() },
    { what: 'free memory', is: gib(freemem()), of: gib(totalmem()) },
    { what: 'room on the disk', is: gib(bavail * bsize), of: gib(blocks * bsize) },
    { what: 'up for', is: `${Math.round(uptime() / 3600)} h`, of: '' },
  ]),
);
