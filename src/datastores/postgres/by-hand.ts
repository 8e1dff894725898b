// What a person types for a database of a Postgres: the same renames, dumps and comparisons, with psql and pg_restore. The
// epochs that keep Fairlead's own workers out are not touched by it.
import type { DatastoreRef } from '../../ports/backups.ts';
import type { Contents, Locale } from '../../domain/backup/backup.ts';
import { person, type ByHand, type DatastoreByHand } from '../../domain/by-hand/by-hand.ts';
import { shellWord } from '../../domain/text/command-text.ts';
import type { HandBackup } from '../store.ts';
import { databaseArgument } from './connection.ts';
import { handExchange } from './exchange/by-hand.ts';
import { MAINTENANCE, restoredName } from './exchange/names.ts';
import { identifier, literal, loginOf, type Login } from './hand-login.ts';
import { clausesOf } from './locale.ts';
import { DUMP } from './take-dump.ts';

export async function postgresByHand(
  store: DatastoreRef,
  backup: HandBackup | undefined,
): Promise<DatastoreByHand> {
  const { database = '' } = store.settings;
  const login = loginOf(store);
  const restored = restoredName(database, 'by_hand');
  return {
    look: {
      type: ['# nothing: what is there is only looked at'],
      see: [
        `test "$(${login.sql(MAINTENANCE, 'SELECT pg_is_in_recovery()')})" = f   # no replica`,
        `${login.sql(MAINTENANCE, `SELECT pg_size_pretty(pg_database_size(${literal(database)}))`)}   # the disk of the server has to have as much once more`,
      ],
    },
    backup: {
      type: [
        `${login.tool('pg_dump', '--format=custom', '--no-password')} --file="$HOME/dump-$(date -u +%Y%m%dT%H%M%SZ)" ${shellWord(databaseArgument(database))}`,
      ],
      see: [`pg_restore --file=/dev/null "$(ls -t "$HOME"/dump-* | head -1)"`],
    },
    ...handExchange(database, restored, login),
    ...(backup && restores(restored, backup, store, login)),
  };
}

function restores(
  restored: string,
  { manifest, objects }: HandBackup,
  { settings }: DatastoreRef,
  login: Login,
): DatastoreByHand {
  const read = objects.find(({ name }) => name === DUMP)?.read ?? 'false';
  const load = login.tool(
    'pg_restore',
    ...[`--dbname=${databaseArgument(restored)}`, '--exit-on-error', '--no-password'],
    '--no-subscriptions',
  );
  const invariants = settings.verify.invariants.map(({ name, query, equals, min, max }) => {
    const asked = login.sql(restored, query);
    const wanted = [
      min === undefined ? '' : `${min} or more`,
      max === undefined ? '' : `${max} or less`,
    ];
    return equals === undefined
      ? `${asked}   # ${name}: ${wanted.filter(Boolean).join(' and ')}`
      : `test "$(${asked})" = ${shellWord(equals)}   # ${name}`;
  });
  return {
    loads: {
      type: [
        login.sql(MAINTENANCE, createStatement(restored, manifest.contents.locale)),
        login.sql(MAINTENANCE, `REVOKE ALL ON DATABASE ${identifier(restored)} FROM PUBLIC`),
        `${read} | ${load}`,
      ],
      see: [login.sql(restored, 'SELECT pg_database_size(current_database())')],
    },
    complete: counts(restored, manifest.contents, login),
    live: counts(restored, manifest.contents, login),
    correct: person(
      'What is in the rows is compared with what was live below, where that is asked.',
    ),
    invariants: { type: ['# nothing: the copy is only asked'], see: invariants },
  };
}

function counts(database: string, { parts }: Contents, login: Login): ByHand {
  const tables = parts.filter(({ name, rows }) => name.includes('.') && rows !== null);
  return {
    type: ['# nothing: it is only counted'],
    see: tables.map(({ name, rows }) => {
      const at = name.indexOf('.');
      const table = `${identifier(name.slice(0, at))}.${identifier(name.slice(at + 1))}`;
      return `test "$(${login.sql(database, `SELECT count(*) FROM ${table}`)})" = ${rows ?? 0}   # ${shellWord(name)}`;
    }),
  };
}

function createStatement(database: string, locale: Locale | undefined): string {
  const clauses = Object.entries(locale === undefined ? {} : clausesOf(locale)).flatMap(
    ([clause, value]) => (value === null ? [] : [`${clause} ${literal(value)}`]),
  );
  const provider =
    locale === undefined || locale.provider === 'libc'
      ? []
      : [`LOCALE_PROVIDER ${locale.provider}`];
  const words = [
    'CREATE DATABASE',
    identifier(database),
    'TEMPLATE template0',
    ...provider,
    ...clauses,
  ];
  return words.join(' ');
}
