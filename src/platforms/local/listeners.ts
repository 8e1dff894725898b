// The addresses that the host listens on. Taken ones are refused naming the holder; after a restart of the
// host it goes on trying instead.
import type { Server } from 'node:http';
import { Failure } from '../../domain/failure.ts';
import { newHttpServer } from '../../machine/http/http-server.ts';
import { describeHolder, portHolder } from '../../machine/port-holder.ts';
import type { Handlers } from './requests/router.ts';

const RETRY = 1000;
/** Longer than clients keep idle connections, so that it is they who close first. */
const KEEP_ALIVE = 75_000;

interface Listening {
  server: Server;
  owner: string;
}

export class Listeners {
  readonly #open = new Map<string, Listening>();
  readonly #retrying = new Map<string, NodeJS.Timeout>();

  /** Idempotent for one owner. Throws Refused naming who holds the port. */
  async open(
    owner: string,
    address: { host: string; port: number },
    handlers: Handlers,
  ): Promise<void> {
    const key = `${address.host}:${address.port}`;
    const present = this.#open.get(key);
    if (present?.owner === owner) return;
    if (present) throw taken(owner, key, `${present.owner} of this local host`);
    const server = newServer(handlers);
    // Reserved before the wait: two services must not both find it free.
    this.#open.set(key, { server, owner });
    try {
      await listen(server, address);
    } catch (error) {
      this.#open.delete(key);
      const code = error instanceof Error && 'code' in error ? error.code : '';
      // Whoever it is may let go of it: whoever asked may wait for that.
      if (code === 'EADDRINUSE')
        throw taken(owner, key, describeHolder(portHolder(address.port)), { passing: true });
      throw new Failure('Refused', `listening on ${key} for ${owner}: ${String(error)}`);
    }
  }

  /** Tries until it works, and tells `failed` each time that it did not. */
  async keepTrying(
    owner: string,
    address: { host: string; port: number },
    handlers: Handlers,
    failed: (message: string) => void,
  ): Promise<void> {
    try {
      await this.open(owner, address, handlers);
    } catch (error) {
      failed(error instanceof Error ? error.message : String(error));
      const again = () => void this.keepTrying(owner, address, handlers, failed);
      this.#retrying.set(`${owner} ${address.host}:${address.port}`, setTimeout(again, RETRY));
    }
  }

  holderOf(address: { host: string; port: number }): string | undefined {
    return this.#open.get(`${address.host}:${address.port}`)?.owner;
  }

  /** Stops listening on every address of `owner` but those in `keep`; open requests finish. */
  closeAllBut(owner: string, keep: ReadonlySet<string>): void {
    for (const [key, listening] of this.#open) {
      if (listening.owner !== owner || keep.has(key)) continue;
      this.#open.delete(key);
      stopListening(listening.server);
    }
    for (const [key, timer] of this.#retrying) {
      if (key.startsWith(`${owner} `) && !keep.has(key.slice(owner.length + 1)))
        clearTimeout(timer);
    }
  }

  /** New connections are refused from here on; open requests finish. */
  stopAccepting(): void {
    for (const timer of this.#retrying.values()) clearTimeout(timer);
    for (const { server } of this.#open.values()) stopListening(server);
  }

  closeConnections(): void {
    for (const { server } of this.#open.values()) server.closeAllConnections();
  }
}

/** A loopback server for one revision, on `wanted` if it is free, else on any port. Returns the port. */
export async function openPreview(
  wanted: number,
  handlers: Handlers,
): Promise<{ port: number; server: Server }> {
  const server = newServer(handlers);
  try {
    await listen(server, { host: '127.0.0.1', port: wanted });
  } catch {
    await listen(server, { host: '127.0.0.1', port: 0 });
  }
  return { port: portOf(server), server };
}

export function stopListening(server: Server): void {
  server.close();
  server.closeIdleConnections();
}

export function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

export function listen(server: Server, address: { host: string; port: number }): Promise<void> {
  return new Promise((done, failed) => {
    server.once('error', failed);
    server.listen(address.port, address.host, () => {
      server.off('error', failed);
      done();
    });
  });
}

function newServer(handlers: Handlers): Server {
  const server = newHttpServer(handlers);
  server.keepAliveTimeout = KEEP_ALIVE;
  // Uploads and streams may take as long as they take.
  server.requestTimeout = 0;
  return server;
}

function taken(owner: string, address: string, holder: string, more: object = {}): Failure {
  return new Failure(
    'Refused',
    `listening on ${address} for ${owner}: the port is taken by ${holder}; end that, or give one of the two another port`,
    { address, holder, ...more },
  );
}
