// A server of Temporal that nobody but this user reaches (`up --private`): in a network namespace of its own, behind a door
// on the loopback that asks for a certificate from the data folder. Its Web UI is behind a key.
import { execFile } from 'node:child_process';
import { constants, mkdirSync, openSync } from 'node:fs';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { promisify } from 'node:util';
import { ownProgram } from '../../machine/own-modules.ts';
import { carry } from '../../machine/carry.ts';
import { ALLOW_NAMESPACES, systemToolEnvironment } from '../../machine/system-tools.ts';
import { sentence, StartFailure } from '../start-failure.ts';
import type { DoorCertificates } from './certificates.ts';

/** Arguments of unshare that give a network of its own; root's first: in a user namespace root has no rights over others' files. */
const AS_ROOT = ['--net', '--'];
const AS_ANYBODY = ['--user', '--map-root-user', '--net', '--'];
const TRIAL_MS = 10_000;
const HANDSHAKE_MS = 5000;
/** Far more than workers and commands open; others must not use up the descriptors of `up`. */
const MOST_CONNECTIONS = 500;

/** Names of the two sockets in the folder of a private server. */
export type SocketName = 'temporal' | 'ui';

/**
 * The arguments of unshare for a network of its own. Throws StartFailure (2) where this machine gives none to this user, with
 * what it said.
 */
export async function networkOfItsOwn(): Promise<readonly string[]> {
  let said = '';
  for (const namespaces of process.getuid?.() === 0 ? [AS_ROOT, AS_ANYBODY] : [AS_ANYBODY]) {
    try {
      await tried('setpriv', ['--version']);
      await tried('unshare', [...namespaces, 'ip', 'link', 'set', 'lo', 'up']);
      return namespaces;
    } catch (error) {
      said = sentence(error);
    }
  }
  throw new StartFailure(
    2,
    `--private needs a network of its own for Temporal's server, and this machine does not give it: ${said}. It takes Linux with unshare, setpriv (util-linux) and ip (iproute2). ${ALLOW_NAMESPACES}; without --private every user of the machine reaches the server`,
  );
}

async function tried(program: string, args: readonly string[]): Promise<void> {
  const env = systemToolEnvironment();
  await promisify(execFile)(program, args, { env, timeout: TRIAL_MS });
}

/** The folder of the sockets of a private server, which is its user's alone. */
export function socketsFolder(data: string): string {
  const folder = join(data, 'private');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/**
 * The command line that runs a server in a network of its own, as `networkOfItsOwn` found it, with a socket in the folder for
 * each place in it (`HOST:PORT`).
 */
export function enclosed(
  { sockets: folder, namespaces }: { sockets: string; namespaces: readonly string[] },
  places: Record<SocketName, string>,
  command: readonly string[],
): { command: string; args: string[] } {
  const ways = Object.entries(places).map(([name, place]) => `${name}=${place}`);
  const inside = [process.execPath, ...ownProgram('embedded/private/enclosed')];
  return {
    command: 'unshare',
    args: [...namespaces, ...inside, folder, ...ways, '--', ...command],
  };
}

/** A socket by a path of a few bytes: the kernel takes 107. The folder stays open for as long as this process lives. */
export function socketIn(folder: string): (name: SocketName) => string {
  const held = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  return (name) => `/proc/self/fd/${held}/${name}`;
}

export interface PrivateDoor {
  port: number;
  close: () => void;
}

/** Opens 127.0.0.1:PORT to a socket, for whoever shows a certificate of the authority. Throws StartFailure (2). */
export async function openPrivateDoor(
  port: number,
  socket: string,
  { authority, certificate, key }: DoorCertificates,
): Promise<PrivateDoor> {
  const server = createServer(
    {
      ...{ ca: authority, cert: certificate, key, requestCert: true, rejectUnauthorized: true },
      ...{ ALPNProtocols: ['h2'], minVersion: 'TLSv1.3', handshakeTimeout: HANDSHAKE_MS },
      allowHalfOpen: true,
    },
    (outside) => {
      open.add(outside);
      outside.once('close', () => open.delete(outside));
      carry(outside, connect({ path: socket, allowHalfOpen: true }));
    },
  );
  server.maxConnections = MOST_CONNECTIONS;
  const open = new Set<{ destroy: () => void }>();
  server.on('connection', (raw: Socket) => raw.unref()).unref();
  await new Promise<void>((done, failed) => {
    server.once('error', failed);
    server.listen({ host: '127.0.0.1', port, exclusive: true }, done);
  }).catch((error: unknown) => {
    throw new StartFailure(
      2,
      `opening the door to Temporal on 127.0.0.1:${port}: ${sentence(error)}`,
    );
  });
  const close = (): void => {
    server.close();
    for (const one of open) one.destroy();
  };
  return { port: (server.address() as AddressInfo).port, close };
}
