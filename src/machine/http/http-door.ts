// Who may ask what Fairlead itself serves over HTTP on this machine. A page of another site runs in the operator's browser
// and reaches the loopback: it is known by its Origin, and by a Host of its own where its name was made to mean the loopback.
import { randomInt } from 'node:crypto';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { askForKey, showsKey } from './door-key.ts';
import { forward, ForwardAgent, type HttpTarget } from './http-forward.ts';
import { newHttpServer, type Answers } from './http-server.ts';
import { forwardUpgrade } from './http-upgrade.ts';

/** What people send to a Web UI is small. */
const PATIENCE = 60_000;
const ANY_NAME =
  'Ask at localhost or 127.0.0.1 and the port that it printed; other names are allowed by FAIRLEAD_ALLOWED_HOSTS.';
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

export interface AskedBy {
  /** The port that is listened on. */
  port: number;
  /** Besides the loopback's: `name`, at any port, or `name:port`. */
  names: readonly string[];
  /** The one name of the loopback that is answered, where it is not all of them. */
  loopback?: string;
}

/** Why the request is not answered, as a sentence for people; undefined for one that may come in. */
export function turnedAway(request: IncomingMessage, by: AskedBy): string | undefined {
  const { url = '', headersDistinct } = request;
  if (!url.startsWith('/')) return `it asks for ${url.slice(0, 100)}, and a path was expected`;
  const [host, ...others] = headersDistinct['host'] ?? [];
  if (host === undefined || others.length > 0) return 'it has to have one Host';
  if (!isOurs(host, by)) return `its Host is ${host.slice(0, 100)}`;
  return foreignPage(request, by);
}

function foreignPage(
  { headers, headersDistinct, method }: IncomingMessage,
  by: AskedBy,
): string | undefined {
  const origins = headersDistinct['origin'] ?? [];
  const foreign = origins.find((one) => !isOurs(/^https?:\/\/([^/]+)$/.exec(one)?.[1] ?? '', by));
  if (foreign !== undefined) return `it comes from a page of ${foreign.slice(0, 100)}`;
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return undefined;
  // A link on another page may be followed; it may not be framed, embedded or fetched.
  const followed = headers['sec-fetch-mode'] === 'navigate' && method === 'GET';
  if (followed && headers['sec-fetch-dest'] === 'document') return undefined;
  return 'it comes from a page of another site';
}

function isOurs(written: string, { port, names, loopback }: AskedBy): boolean {
  const host = written.toLowerCase();
  const ours = (loopback === undefined ? LOOPBACK : [loopback]).some(
    (name) => host === `${name}:${port}` || (port === 80 && host === name),
  );
  return ours || names.some((name) => host === name || host.replace(/:\d{1,5}$/, '') === name);
}

/** `hint`: where to ask instead. */
export function turnAway(response: ServerResponse, why: string, hint = ANY_NAME): void {
  response.writeHead(403, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  response.end(`Fairlead does not answer this request: ${why}. ${hint}\n`);
}

/** One of 16 million addresses of the loopback. Only Linux has them all; elsewhere the port alone is what nobody knows. */
export function hiddenLoopback(): string {
  if (process.platform !== 'linux') return '127.0.0.1';
  return `127.${randomInt(1, 255)}.${randomInt(0, 256)}.${randomInt(1, 255)}`;
}

export interface DoorOptions {
  host: string;
  /** 0 picks a free one. */
  port: number;
  names: readonly string[];
  /** Who answers what may come in. */
  target: HttpTarget;
  /**
   * What a request has to show besides, under which name of the loopback, and how people get both; without it every user of the
   * machine is answered.
   */
  key?: { key: string; name: string; hint: string };
  /** Paths that lead to another one behind the door: short enough to be printed. */
  shortcuts?: Readonly<Record<string, string>>;
  /** As people read it: `Temporal's Web UI`. */
  what: string;
  /** How long (ms) a request may take to come in. */
  patience?: number;
}

export interface Door {
  port: number;
  close: () => void;
}

/** Opens the one way to a server that checks nothing itself and listens where nobody knows. Rejects when the port cannot be had. */
export async function openDoor(options: DoorOptions): Promise<Door> {
  const { host, port, target, names, what, shortcuts = {} } = options;
  const by: AskedBy = { port, names };
  if (options.key !== undefined) by.loopback = options.key.name;
  const agent = new ForwardAgent(true);
  const fresh = new ForwardAgent(false);
  const pass = {
    target,
    without: () => false,
    more: [],
    answerWithout: (name: string) => name === 'x-frame-options',
    // No other page may lay its own over this one.
    answerMore: ['x-frame-options', 'SAMEORIGIN'],
  };
  const isKnown = (request: IncomingMessage): boolean =>
    options.key === undefined || showsKey(request, options.key.key, by.port);
  const answer: RequestListener = (request, response) => {
    const why = turnedAway(request, by);
    if (why !== undefined) {
      turnAway(response, why, options.key?.hint);
      return;
    }
    if (options.key !== undefined && !isKnown(request)) {
      askForKey(request, response, { ...options.key, port: by.port });
      return;
    }
    const { url = '' } = request;
    const elsewhere = Object.hasOwn(shortcuts, url) ? shortcuts[url] : undefined;
    if (elsewhere !== undefined) {
      response.writeHead(302, { location: elsewhere }).end();
      return;
    }
    void forward({ ...pass, request, response, agent }).then(({ end }) => {
      if (end !== 'failed') return;
      response.writeHead(502, { 'content-type': 'text/plain; charset=utf-8', 'retry-after': '1' });
      response.end(`${what} does not answer; it may be starting. Try again.\n`);
    });
  };
  const upgrade: Answers['upgrade'] = (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    if (turnedAway(request, by) !== undefined || !isKnown(request)) {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    void forwardUpgrade({ ...pass, request, socket, head, agent: fresh }).then((sent) => {
      if (sent === undefined) socket.destroy();
    });
  };
  const server = patientServer({ request: answer, upgrade }, options.patience ?? PATIENCE);
  by.port = await listenOn(server, host, port);
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { port: by.port, close };
}

/** Does not keep its process alive: whoever opened it ends when its own work is done. */
function patientServer(answers: Answers, patience: number): Server {
  const server = newHttpServer(answers, {
    ...{ requestTimeout: patience, headersTimeout: patience },
    connectionsCheckingInterval: Math.min(patience, 30_000),
  });
  return server.on('connection', (socket) => socket.unref()).unref();
}

/** Resolves with the port, which is chosen when 0 is asked for. */
async function listenOn(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((done, failed) => {
    server.once('error', failed);
    server.listen({ host, port, exclusive: true }, done);
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}
