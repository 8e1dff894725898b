// Backups of a live Firestore, and copies of them, for one test; and a server in front of it that refuses what it is told to.
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import {
  connect,
  constants,
  createServer,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createBackups } from '../../../src/datastores/backups.ts';
import { createBindings } from '../../../src/datastores/bindings.ts';
import { createHeartbeats } from '../../../src/datastores/heartbeats.ts';
import { createNamedFiles } from '../../../src/datastores/named-files.ts';
import { createStores } from '../../../src/datastores/registry.ts';
import { backupId } from '../../../src/domain/backup/backup-id.ts';
import type { CopyRef, DatastoreRef } from '../../../src/ports/backups.ts';
import { passableFolder } from './datastores.ts';
import { MISSING, startTestFirestore } from './firestore.ts';
import { waiting } from '../local-daemon.ts';
import { createMemoryObjects } from '../memory/memory-objects.ts';

export const clock = {
  now: () => Date.now(),
  sleep: (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }),
};

export async function firestoreWorld(t: TestContext) {
  const server = await startTestFirestore();
  if (server === undefined) {
    t.skip(MISSING);
    return undefined;
  }
  const root = await passableFolder('fairlead-firestore-backups-');
  const { store, db } = server;
  const secrets = {
    env: {},
    readFile: () => Promise.reject(new Error('none')),
    reader: 'the test',
  };
  const stores = createStores({ clock, secrets });
  const objects = createMemoryObjects();
  const copies = join(root, 'copies');
  const backups = createBackups({ objects, stores, copies, secrets, clock });
  const target: CopyRef = { copy: 'copy', store };
  t.after(async () => {
    await backups.discard('copy', waiting());
    await server.stop();
    await rm(root, { recursive: true, force: true });
  });
  const id = backupId('shop', 'orders', 1_700_000_000_000);
  const input = { store, id, systemDigest: 'd'.repeat(64) };
  const bindings = createBindings(objects);
  const named = createNamedFiles({ stores, bindings, copies, clock });
  const heartbeats = createHeartbeats({ stores, bindings, copies });
  return {
    server,
    db,
    root,
    stores,
    objects,
    backups,
    target,
    id,
    input,
    store,
    named,
    heartbeats,
  };
}

/** A status of gRPC in the place of an answer. */
export interface Refusal {
  code: number;
  message: string;
}

const ADMINISTRATION = /^\/google\.(?:firestore\.admin|longrunning)\./;

/**
 * Passes calls on to a server; `refuse` is asked for each, by the name of its method and how often that was called. Those of
 * the administration go to the server at `admin`, where there is one.
 */
export async function refusingProxy(
  t: TestContext,
  port: number,
  refuse: (method: string, times: number) => Refusal | undefined,
  admin?: number,
): Promise<number> {
  const data = connect(`http://127.0.0.1:${port}`);
  const administration = admin === undefined ? data : connect(`http://127.0.0.1:${admin}`);
  const counts = new Map<string, number>();
  const proxy = createServer();
  proxy.on('stream', (stream: ServerHttp2Stream, headers) => {
    const method = (headers[':path'] ?? '').split('/').at(-1) ?? '';
    const times = (counts.get(method) ?? 0) + 1;
    counts.set(method, times);
    const refusal = refuse(method, times);
    stream.on('error', () => undefined);
    if (refusal !== undefined) {
      const said = { 'grpc-status': String(refusal.code), 'grpc-message': refusal.message };
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc', ...said },
        { endStream: true },
      );
      return;
    }
    const {
      ':path': path,
      ':method': verb,
      ':scheme': _,
      ':authority': _authority,
      ...rest
    } = headers;
    const behind = ADMINISTRATION.test(path ?? '') ? administration : data;
    const request = behind.request({ ...rest, ':path': path, ':method': verb });
    let trailers: OutgoingHttpHeaders = {};
    request.on('error', () => {
      stream.close();
    });
    request.on('response', ({ ':status': status, ...answered }, flags) => {
      // Nothing but a status.
      if ((flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0) {
        stream.respond({ ...answered, ':status': status }, { endStream: true });
        return;
      }
      stream.respond({ ...answered, ':status': status }, { waitForTrailers: true });
      stream.on('wantTrailers', () => {
        stream.sendTrailers(trailers);
      });
      request.on('trailers', (found: OutgoingHttpHeaders) => {
        trailers = found;
      });
      request.pipe(stream);
    });
    stream.pipe(request);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  t.after(() => {
    data.destroy();
    administration.destroy();
    proxy.close();
  });
  return (proxy.address() as AddressInfo).port;
}

export function at(store: DatastoreRef, port: number): DatastoreRef {
  return { ...store, settings: { ...store.settings, port } };
}
