// The first process of a target, started by the adapter in the target's folder through `unshare`: raises the fence when
// told to, then looks, binds, starts and asks. It holds its folder as its working folder, hidden from everybody else
// inside; when it dies, the kernel ends all that runs in the target.
import { createServer, type Socket } from 'node:net';
import { Failure } from '../../../../domain/failure.ts';
import { fetchText } from '../../../../integrations/bounded-fetch.ts';
import {
  requestSchema,
  SOCKET,
  type RunnerAnswer,
  type Asked,
  type AskRequest,
  type Request,
} from '../protocol.ts';
import { untilMapped } from '../mapped-users.ts';
import { lookAt } from '../reach.ts';
import { createCopyMounts, type CopyMounts } from './copy-mounts.ts';
import { encloseTarget } from './enclosure.ts';
import { createServices } from './services.ts';

const PROBE_MS = 2000;
const MAX_BYTES = 1024 * 1024;

const services = createServices();
let mounts: CopyMounts | undefined;

await untilMapped();
createServer({ allowHalfOpen: true }, (socket) => {
  void converse(socket);
}).listen(SOCKET);

async function converse(socket: Socket): Promise<void> {
  socket.on('error', () => socket.destroy()); // who asked went away
  socket.end(JSON.stringify(await answered(socket)));
}

async function answered(socket: Socket): Promise<RunnerAnswer> {
  try {
    const request = requestSchema.parse(JSON.parse(await heard(socket)));
    return { value: (await perform(request)) ?? null };
  } catch (error) {
    if (error instanceof Failure) return { failure: error.kind, message: error.message };
    return { failure: 'Broken', message: `the runner of the target: ${String(error)}` };
  }
}

/** Not by its iterator, which would close the socket at the end of what was said. */
function heard(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let said = '';
    socket.setEncoding('utf8').on('data', (text: string) => (said += text));
    socket.once('end', () => {
      resolve(said);
    });
  });
}

async function perform(request: Request): Promise<unknown> {
  switch (request.verb) {
    case 'ping':
      return undefined;
    case 'fence':
      mounts = createCopyMounts(await encloseTarget(request));
      return undefined;
    case 'probe':
      return Promise.all(request.places.map((place) => lookAt(place, PROBE_MS)));
    case 'bindFolder':
      return fenced().folder(request);
    case 'bindAddress':
      return fenced().address(request);
    case 'start':
      fenced();
      return services.start(request);
    case 'look':
      return services.look(request.service);
    case 'ask':
      return ask(request);
  }
}

function fenced(): CopyMounts {
  if (mounts !== undefined) return mounts;
  throw new Failure('NotReady', 'the fence of the target is not up');
}

async function ask({ port, path, timeoutMs }: AskRequest): Promise<Asked> {
  const answer = await fetchText({
    url: `http://127.0.0.1:${port}${path}`,
    timeoutMs,
    maxBytes: MAX_BYTES,
    signal: new AbortController().signal,
  });
  if ('problem' in answer) return { problem: services.told(answer.problem) };
  return { status: answer.status, body: services.told(answer.text), ms: answer.ms };
}
