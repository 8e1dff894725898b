// The administration of Firestore's databases, made from the vendor's own protos: backups, schedules, restores and clones as
// long-running operations with delays and errors of their own. What a database is made of, the test puts there.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import {
  Server,
  ServerCredentials,
  type sendUnaryData,
  type ServerUnaryCall,
  type UntypedHandleCall,
} from '@grpc/grpc-js';
import protobuf from 'protobufjs';

const FIRESTORE = 'google.firestore.admin.v1';
const METHODS = {
  [`${FIRESTORE}.FirestoreAdmin`]: [
    ...['ListBackups', 'ListBackupSchedules', 'GetDatabase', 'RestoreDatabase', 'CloneDatabase'],
  ],
  'google.longrunning.Operations': ['GetOperation', 'ListOperations'],
};

type Message = Record<string, unknown>;

interface Refused {
  code: number;
  message: string;
}

export interface AdminState {
  /** As the protocol has them. */
  backups: Message[];
  schedules: Message[];
  database: Message;
  /** The name of the one database that nobody made here; it answers `database`. */
  live: string;
  /** Operations that are over are in no list any more. */
  forgets: boolean;
  unreachable: string[];
  /** How often an operation is looked at before it is done. */
  looks: number;
  /** What the operations end with. */
  failure?: Refused;
  /** Asked before each call, by the name of its method and how often that was called. */
  refuse: (method: string, times: number) => Refused | undefined;
  /** Makes the documents of a new database. */
  made: (database: string) => Promise<void>;
  calls: string[];
}

interface Operation {
  name: string;
  database: string;
  /** What GetDatabase says that it is made of. */
  sourceInfo: Message;
  looked: number;
  metadata: { type_url: string; value: Uint8Array };
}

/** Ends with the test; its port speaks gRPC without TLS. */
export async function startFirestoreAdmin(
  t: TestContext,
  given: Pick<AdminState, 'made'> & Partial<AdminState>,
): Promise<AdminState & { port: number }> {
  const root = await protos();
  const state: AdminState = {
    ...{ backups: [], schedules: [], database: {}, live: 'orders', forgets: false },
    ...{ unreachable: [], looks: 2, calls: [] },
    refuse: () => undefined,
    ...given,
  };
  const answers = answersOf(state, root);
  const server = new Server();
  const counts = new Map<string, number>();
  for (const [name, methods] of Object.entries(METHODS)) {
    const service = root.lookupService(name);
    const definition = Object.fromEntries(
      methods.map((method) => [method, definitionOf(root, service, name, method)]),
    );
    const handlers = Object.fromEntries(
      methods.map((method): [string, UntypedHandleCall] => [
        method,
        (call: ServerUnaryCall<Message, Message>, done: sendUnaryData<Message>) => {
          const times = (counts.get(method) ?? 0) + 1;
          counts.set(method, times);
          state.calls.push(method);
          const refusal = state.refuse(method, times);
          if (refusal !== undefined) done(statusOf(refusal));
          else
            answers(method, call.request).then(
              (answer) => {
                if ('code' in answer) done(statusOf(answer as unknown as Refused));
                else done(null, answer);
              },
              (error: unknown) => {
                done(statusOf({ code: 13, message: String(error) }));
              },
            );
        },
      ]),
    );
    server.addService(definition, handlers);
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  t.after(() => {
    server.forceShutdown();
  });
  return Object.assign(state, { port });
}

function statusOf({ code, message }: Refused) {
  return { code, message, details: message, name: 'refused' };
}

function answersOf(state: AdminState, root: protobuf.Root) {
  const operations: Operation[] = [];
  const begun = async (method: string, request: Message, metadata: Message): Promise<Message> => {
    const database = String(request['databaseId']);
    if (operations.some((one) => one.database === database)) {
      return { code: 6, message: `the database ${database} is there` };
    }
    const type = root.lookupType(`${FIRESTORE}.${method}Metadata`);
    const operation: Operation = {
      name: `${String(request['parent'])}/databases/${database}/operations/op-${operations.length}`,
      ...{ database, looked: 0, sourceInfo: backupIn(metadata) },
      metadata: {
        type_url: `type.googleapis.com/${FIRESTORE}.${method}Metadata`,
        value: type.encode(type.fromObject({ ...metadata, database })).finish(),
      },
    };
    operations.push(operation);
    return seen(operation);
  };
  const seen = ({ name, metadata, looked }: Operation): Message => {
    if (looked <= state.looks) return { name, metadata, done: false };
    if (state.failure !== undefined) return { name, metadata, done: true, error: state.failure };
    return { name, metadata, done: true, response: { type_url: `${FIRESTORE}.Database` } };
  };
  // As documented: of operations that are over only failed ones, unless the filter asks for what is over.
  const listed = ({ name, filter }: Message): Message => {
    const problem = problemOfList(String(name), typeof filter === 'string' ? filter : '');
    if (problem !== undefined) return { code: 3, message: problem };
    const ours = operations.filter((one) => one.name.startsWith(`${String(name)}/operations/`));
    const isOver = (one: Message): boolean => one['done'] === true;
    const all = ours.map(seen).filter((one) => !(state.forgets && isOver(one)));
    if (filter === 'done: true') return { operations: all.filter(isOver) };
    return { operations: all.filter((one) => !isOver(one) || 'error' in one) };
  };
  const databaseOf = ({ name }: Message): Message => {
    const id = String(name).split('/').at(-1);
    const operation = operations.find(({ database }) => database === id);
    if (operation === undefined) {
      return id === state.live ? state.database : { code: 5, message: `no database ${id}` };
    }
    const isOver = seen(operation)['done'] === true;
    return {
      name,
      sourceInfo: { ...operation.sourceInfo, ...(!isOver && { operation: operation.name }) },
    };
  };
  return async (method: string, request: Message): Promise<Message> => {
    switch (method) {
      case 'ListBackups':
        return { backups: state.backups, unreachable: state.unreachable };
      case 'ListBackupSchedules':
        return { backupSchedules: state.schedules };
      case 'GetDatabase':
        return databaseOf(request);
      case 'RestoreDatabase':
        return begun(method, request, { backup: request['backup'] });
      case 'CloneDatabase':
        return begun(method, request, { pitrSnapshot: request['pitrSnapshot'] });
      case 'ListOperations':
        return listed(request);
      default: {
        const operation = operations.find(({ name }) => name === request['name']);
        if (operation === undefined) return { code: 5, message: 'no such operation' };
        operation.looked += 1;
        if (operation.looked === state.looks + 1 && state.failure === undefined) {
          await state.made(operation.database);
        }
        return seen(operation);
      }
    }
  };
}

function backupIn({ backup }: Message): Message {
  return backup === undefined ? {} : { backup: { backup } };
}

/** Why operations are not listed; the method is bound to the name of a database. */
function problemOfList(name: string, filter: string): string | undefined {
  if (!/^projects\/[^/]+\/databases\/[^/]+$/.test(name)) return `${name} is no database`;
  return ['', 'done: true'].includes(filter) ? undefined : `no filter: ${filter}`;
}

async function protos(): Promise<protobuf.Root> {
  const { resolve } = createRequire(import.meta.url);
  const folder = dirname(resolve('@google-cloud/firestore/package.json'));
  const text = await readFile(join(folder, 'build/protos/admin_v1.json'), 'utf8');
  return protobuf.Root.fromJSON(JSON.parse(text) as protobuf.INamespace);
}

function definitionOf(
  root: protobuf.Root,
  service: protobuf.Service,
  name: string,
  method: string,
) {
  const { requestType, responseType } = service.methods[method] ?? {};
  const request = service.lookupType(requestType ?? '');
  const response = service.lookupType(responseType ?? '');
  return {
    path: `/${name}/${method}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: (value: Message) => Buffer.from(request.encode(value).finish()),
    requestDeserialize: (bytes: Buffer): Message =>
      request.toObject(request.decode(bytes), { longs: String }),
    responseSerialize: (value: Message) =>
      Buffer.from(response.encode(response.fromObject(value)).finish()),
    responseDeserialize: (bytes: Buffer): Message => response.toObject(response.decode(bytes)),
  };
}
