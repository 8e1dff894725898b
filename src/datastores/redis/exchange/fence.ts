// The write fence of a Redis: every user is switched off but one of our own, and every other connection is ended, in one
// transaction. Whoever is configured as the application's, or as ours, gets in no more.
import { Failure } from '../../../domain/failure.ts';
import type { WriteFence, WritePosition } from '../../../domain/recovery/exchange.ts';
import type { Clock } from '../../../ports/clock.ts';
import { listOf, textOf, type Argument } from './connection.ts';
import type { Change, Fence, Ledger } from './ledger.ts';
import { FENCED_USER, infoOf, type Server } from './server.ts';

const SHOWN = 5;

/** Already raised is fine: it stays that of whoever raised it. */
export async function raising(
  server: Server,
  { live, fence }: Ledger,
  epoch: number,
): Promise<Change<WriteFence>> {
  if (fence !== undefined) {
    return { result: { epoch: fence.epoch, quarantined: live ?? fence.quarantined } };
  }
  if (live === undefined) throw new Failure('Broken', `nothing says what ${server.where} holds`);
  const rules = await rulesOf(server);
  const own = rules.find(({ name }) => name === server.user);
  if (own === undefined) {
    throw new Failure('Refused', `${server.where} lists no user ${server.user}`);
  }
  const on = rules.filter(({ name, words }) => name !== FENCED_USER && words.includes('on'));
  const users = on.map(({ name }) => name);
  const raised: Fence = { epoch, quarantined: live, users };
  return {
    result: { epoch, quarantined: live },
    set: { fence: JSON.stringify(raised) },
    commands: [
      ['ACL', 'SETUSER', FENCED_USER, 'reset', ...own.words.filter((word) => word !== 'off'), 'on'],
      ...users.map((name) => ['ACL', 'SETUSER', name, 'off']),
      // This connection may be logged in as one of them, and stays: ended are the others.
      ['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'],
      ['CLIENT', 'KILL', 'TYPE', 'pubsub', 'SKIPME', 'yes'],
    ],
  };
}

/** Lets those in again that were let in before. */
export function lowered(fence: Fence | undefined): Pick<Change<null>, 'commands' | 'remove'> {
  if (fence === undefined) return {};
  const commands: Argument[][] = [
    ...fence.users.map((name) => ['ACL', 'SETUSER', name, 'on']),
    ['ACL', 'SETUSER', FENCED_USER, 'off'],
  ];
  return { commands, remove: ['fence'] };
}

interface Rules {
  name: string;
  /** `on`, `#digest`, `~*`, `+@all` ... */
  words: string[];
}

async function rulesOf({ connection }: Server): Promise<Rules[]> {
  return listOf(await connection.ask('ACL', 'LIST')).map((line) => {
    const [, name = '', ...words] = textOf(line).split(' ');
    return { name, words };
  });
}

/** Calls of commands that write, which nothing but a write adds to, and whoever is connected beside us. */
export async function positionOf(
  server: Server,
  clock: Pick<Clock, 'now'>,
): Promise<WritePosition> {
  const { connection } = server;
  const at = clock.now();
  const own = textOf(await connection.ask('CLIENT', 'ID'));
  const info = await infoOf(server);
  const writing = new Set(listOf(await connection.ask('ACL', 'CAT', 'write')).map(textOf));
  let calls = 0;
  for (const [name, value] of info) {
    const command = /^cmdstat_([^|]+)/.exec(name)?.[1];
    if (command !== undefined && writing.has(command)) {
      calls += Number(/\bcalls=(\d+)/.exec(value)?.[1] ?? 0);
    }
  }
  const clients = textOf(await connection.ask('CLIENT', 'LIST')).split('\n');
  const others = clients.filter((line) => line !== '' && !line.startsWith(`id=${own} `));
  return {
    position: `${info.get('run_id') ?? ''}:${calls}`,
    writers: others
      .filter((line) => !/ name=fairlead /.test(line))
      .slice(0, SHOWN)
      .map(described),
    at,
  };
}

function described(line: string): string {
  const field = (name: string): string => new RegExp(` ${name}=(\\S*)`).exec(line)?.[1] ?? '';
  const name = field('name') === '' ? '' : ` (${field('name')})`;
  return `${field('addr')}${name} is connected as ${field('user')}, and sent ${field('cmd')} last`;
}
