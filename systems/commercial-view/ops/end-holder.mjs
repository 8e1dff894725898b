// Ends who listens on a port: node ops/end-holder.mjs PORT. Not what belongs to Fairlead, which users go through.
import { setTimeout as sleep } from 'node:timers/promises';
import { holdersOf } from '../checks/port-holder.mjs';

const port = Number(process.argv[2]);
for (const { pid, command } of await holdersOf(port)) {
  if (pid === 0) throw new Error(`${port} is held by ${command}: ask that user, or root`);
  if (/platforms\/local\/daemon/.test(command)) {
    throw new Error(
      `${port} is held by the local host of Fairlead (${pid}), through which users go: it is not ended`,
    );
  }
  console.log(`ending ${pid}: ${command}`);
  process.kill(pid, 'SIGTERM');
}
for (let tries = 0; tries < 50 && (await holdersOf(port)).length > 0; tries += 1) await sleep(200);
const left = await holdersOf(port);
for (const { pid } of left) process.kill(pid, 'SIGKILL');
