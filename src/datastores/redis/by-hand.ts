// What a person types for a Redis: the dump served by a server of its own, its keys moved into a spare number of the live
// one, the two numbers swapped.
import { resolve } from 'node:path';
import type { DatastoreRef } from '../../ports/backups.ts';
import { person, secretWord, type DatastoreByHand } from '../../domain/by-hand/by-hand.ts';
import { shellWord } from '../../domain/text/command-text.ts';
import type { HandBackup } from '../store.ts';
import { DUMP } from './take-dump.ts';

/** The server of the copy: on this machine, for as long as the page is followed. */
const COPY = '127.0.0.1 -p 16379';
const SPARE = 1;

export async function redisByHand(
  store: DatastoreRef,
  backup: HandBackup | undefined,
): Promise<DatastoreByHand> {
  const { settings, directory } = store;
  const { host = '127.0.0.1', port = 6379, user, password } = settings;
  const before =
    password === undefined
      ? ''
      : `REDISCLI_AUTH=${secretWord(password, (path) => resolve(directory, path))} `;
  const as = user === undefined ? '' : ` --user ${shellWord(user)}`;
  const cli = `${before}redis-cli -h ${shellWord(host)} -p ${port}${as} -e`;
  return {
    look: {
      type: ['# nothing: what is there is only looked at'],
      see: [
        `${cli} INFO keyspace   # number ${SPARE} has to be empty`,
        `test "$(${cli} CONFIG GET appendonly | tail -1)" = no`,
      ],
    },
    fence: {
      type: [
        '# a Redis has no name that could be taken away: stop everybody who writes to it, then',
        `${cli} CLIENT KILL TYPE normal SKIPME yes`,
      ],
      see: [`${cli} CLIENT LIST   # only this command`],
    },
    quiet: {
      type: ['# nothing: it is only looked at, twice'],
      see: [`test "$(${cli} INFO keyspace)" = "$(sleep 2; ${cli} INFO keyspace)"`],
    },
    exchange: {
      type: [`${cli} SWAPDB 0 ${SPARE}`],
      see: [`${cli} INFO keyspace   # number ${SPARE} has what was live, and is kept`],
    },
    open: person('Nothing to type: nobody is kept out but by being stopped.'),
    flush: { type: [`${cli} -n 0 FLUSHDB`], see: [`test "$(${cli} -n 0 DBSIZE)" = 0`] },
    backup: { type: [`${cli} --rdb "$HOME/dump.rdb"`], see: [`redis-check-rdb "$HOME/dump.rdb"`] },
    ...(backup &&
      restores(backup, { cli, to: `${shellWord(host)} ${port}`, secret: password !== undefined })),
  };
}

function restores(
  { manifest, objects }: HandBackup,
  { cli, to, secret }: { cli: string; to: string; secret: boolean },
): DatastoreByHand {
  const read = objects.find(({ name }) => name === DUMP)?.read ?? 'false';
  const copy = `redis-cli -h ${COPY} -e`;
  const keys = manifest.contents.parts.reduce((sum, { rows }) => sum + (rows ?? 0), 0);
  return {
    loads: {
      type: [
        'mkdir redis-by-hand',
        `${read} > redis-by-hand/dump.rdb`,
        `redis-server --bind 127.0.0.1 --port 16379 --dir "$PWD/redis-by-hand" --daemonize yes`,
        ...(secret
          ? ['# MIGRATE needs AUTH2 USER PASSWORD at its end, of the live server: add it below']
          : []),
        `${copy} --scan | while IFS= read -r key; do ${copy} MIGRATE ${to} "$key" ${SPARE} 60000 COPY; done`,
      ],
      see: [
        `test "$(${cli} -n ${SPARE} DBSIZE)" -le ${keys}   # keys that expired since are not in it`,
      ],
    },
    complete: {
      type: ['# nothing: both are only counted'],
      see: [`test "$(${copy} DBSIZE)" = "$(${cli} -n ${SPARE} DBSIZE)"`],
    },
    correct: person('Keys are compared with DEBUG DIGEST-VALUE, where the server allows it.'),
  };
}
