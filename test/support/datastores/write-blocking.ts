// A MongoDB 6 as far as its write block goes: what is asked of the block, of rights and of the version is answered here, as
// mongod does, and everything else by the FerretDB behind it. A client is an application, or may bypass the block, by the
// name that it gives itself.
import { createServer, connect, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { BSON, type Document } from 'mongodb';

/** The name of clients that writes are refused to. */
export const APPLICATION = 'shop';

const OP_MSG = 2013;
const HEADER = 16;
const WRITES = new Set(['insert', 'update', 'delete', 'create', 'drop', 'createIndexes']);

export class WriteBlocking {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** 2: writes are blocked. */
  mode = 1;
  version = '6.0.14';
  /** Of every login. */
  actions = ['setUserWriteBlockMode', 'bypassWriteBlockingMode'];

  private constructor(behind: number) {
    this.#server = createServer((client) => {
      this.#serve(client, connect(behind, '127.0.0.1'));
    });
  }

  /** `behind`: the port of the server that does the rest. */
  static async start(behind: number): Promise<WriteBlocking> {
    const double = new WriteBlocking(behind);
    double.#server.listen(0, '127.0.0.1');
    await once(double.#server, 'listening');
    return double;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('it does not listen');
    return address.port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(client: Socket, behind: Socket): void {
    for (const [one, other] of [
      [client, behind],
      [behind, client],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        other.destroy();
        this.#sockets.delete(one);
      });
    }
    behind.pipe(client);
    let kept = Buffer.alloc(0);
    let isApplication = false;
    client.on('data', (chunk: Buffer) => {
      kept = Buffer.concat([kept, chunk]);
      while (kept.length >= 4 && kept.length >= kept.readInt32LE(0)) {
        const message = kept.subarray(0, kept.readInt32LE(0));
        kept = kept.subarray(message.length);
        const asked = commandIn(message);
        isApplication ||= saysApplication(message, asked);
        const answer = asked && this.#answer(asked, isApplication);
        if (answer === undefined) behind.write(message);
        else client.write(replyTo(message, answer));
      }
    });
  }

  /** Undefined where the server behind is to answer. */
  #answer(asked: Document, isApplication: boolean): Document | undefined {
    const [name = ''] = Object.keys(asked);
    if (name === 'buildInfo') {
      return {
        version: this.version,
        versionArray: [...this.version.split('.').map(Number), 0],
        ok: 1,
      };
    }
    if (name === 'serverStatus') return { repl: { userWriteBlockMode: this.mode }, ok: 1 };
    if (name === 'connectionStatus') {
      const privileges = [{ resource: { cluster: true }, actions: this.actions }];
      const users = [{ user: 'fairlead', db: 'admin' }];
      const authInfo = { authenticatedUsers: users, authenticatedUserPrivileges: privileges };
      return { authInfo, ok: 1 };
    }
    if (name === 'setUserWriteBlockMode') {
      this.mode = asked['global'] === true ? 2 : 1;
      return { ok: 1 };
    }
    if (this.mode === 1 || !isApplication || !WRITES.has(name)) return undefined;
    return { ok: 0, code: 371, codeName: 'UserWritesBlocked', errmsg: 'User writes blocked' };
  }
}

/** The document of the first section; undefined of what is no OP_MSG. */
function commandIn(message: Buffer): Document | undefined {
  if (message.readInt32LE(12) !== OP_MSG) return undefined;
  const start = HEADER + 5;
  if (message[start - 1] !== 0) throw new Error('a message whose command is not its first section');
  return BSON.deserialize(message.subarray(start, start + message.readInt32LE(start)));
}

/** When it says hello, in an old message too, a client says what it is. */
function saysApplication(message: Buffer, asked: Document | undefined): boolean {
  const isHello = asked === undefined || 'hello' in asked || 'ismaster' in asked;
  return isHello && message.includes(`${APPLICATION}\0`);
}

function replyTo(asked: Buffer, answer: Document): Buffer {
  const body = BSON.serialize(answer);
  const header = Buffer.alloc(HEADER + 5);
  header.writeInt32LE(header.length + body.length, 0);
  header.writeInt32LE(asked.readInt32LE(4), 8);
  header.writeInt32LE(OP_MSG, 12);
  return Buffer.concat([header, body]);
}
