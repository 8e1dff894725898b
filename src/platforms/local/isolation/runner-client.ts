// Asks the runner of a target through the socket in its folder: one connection, one request, one answer.
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { z } from 'zod';
import { Failure } from '../../../domain/failure.ts';
import { answerSchema, SOCKET, type Request } from './protocol.ts';

/** Throws what the runner throws; NotReady when it does not answer; the signal's reason when aborted. */
export async function askRunner<Schema extends z.ZodType>(
  folder: string,
  request: Request,
  schema: Schema,
  signal: AbortSignal,
): Promise<z.output<Schema>> {
  signal.throwIfAborted();
  const said = await exchange(folder, SOCKET, JSON.stringify(request), signal).catch(
    (error: unknown) => {
      signal.throwIfAborted();
      throw unanswered(folder, String(error));
    },
  );
  // It died in the middle of it.
  if (said === '') throw unanswered(folder, 'it said nothing');
  const answer = answerSchema.parse(JSON.parse(said));
  if ('failure' in answer) throw new Failure(answer.failure, answer.message);
  return schema.parse(answer.value);
}

/** Whether somebody listens on a socket of the folder. */
export async function answers(
  folder: string,
  socket: string,
  signal: AbortSignal,
): Promise<boolean> {
  return exchange(folder, socket, undefined, signal).then(
    () => true,
    () => false,
  );
}

/** Through a descriptor of the folder: the path of a socket may have no more than 107 bytes. */
async function exchange(
  folder: string,
  name: string,
  request: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const held = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  const socket = connect({ path: `/proc/self/fd/${held.fd}/${name}`, allowHalfOpen: true });
  const cut = (): void => {
    socket.destroy(new Error('no answer was waited for'));
  };
  signal.addEventListener('abort', cut, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    if (request === undefined) return '';
    socket.end(request);
    return await text(socket);
  } finally {
    signal.removeEventListener('abort', cut);
    socket.destroy();
    await held.close();
  }
}

function unanswered(folder: string, why: string): Failure {
  const target = folder.split('/').at(-1) ?? folder;
  return new Failure(
    'NotReady',
    `the isolated target ${target} does not answer any more (${why.slice(0, 200)}); close it and open it anew`,
  );
}
