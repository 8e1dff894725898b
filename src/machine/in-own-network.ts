// What a program does that was started in a network of its own, where nothing else is, to run a server there: its loopback goes
// up, sockets in folders lead to the server's ports, and the server ends with the program, however that ends.
import { execFile, spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { carryingTo } from './carry.ts';
import { systemToolEnvironment } from './system-tools.ts';

export async function loopbackUp(): Promise<void> {
  await promisify(execFile)('ip', ['link', 'set', 'lo', 'up'], { env: systemToolEnvironment() });
}

/** Carries connections to `socket` (a path of at most 107 bytes) on to the server; what lies at that path is removed. */
export async function openSocket(
  socket: string,
  to: { host: string; port: number },
): Promise<void> {
  await rm(socket, { force: true });
  const door = carryingTo(to);
  await new Promise<void>((done, failed) => {
    door.once('error', failed);
    door.listen(socket, done);
  });
}

/**
 * Starts the server; its end is this process's, with the same code, and SIGTERM and SIGINT reach it. `options`: of `setpriv`;
 * `killed`: the code where a signal ended it.
 */
export function becomeServer(
  command: readonly string[],
  {
    options = [],
    killed,
  }: { options?: string[]; killed: (signal: NodeJS.Signals | null) => number },
): void {
  const server = spawn('setpriv', ['--pdeathsig', 'KILL', ...options, '--', ...command], {
    stdio: 'inherit',
    env: systemToolEnvironment(),
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => server.kill(signal));
  server.once('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
  server.once('exit', (code, signal) => {
    process.exit(code ?? killed(signal));
  });
}
