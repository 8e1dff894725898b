// Who logs in to a Postgres, where, in commands of a shell; and names and texts as SQL reads them back.
import { resolve } from 'node:path';
import type { DatastoreRef } from '../../ports/backups.ts';
import { secretWord } from '../../domain/by-hand/by-hand.ts';
import { shellWord } from '../../domain/text/command-text.ts';
import { databaseArgument } from './connection.ts';

/** Commands with who logs in where. */
export interface Login {
  /** One statement, or several with `-c` each, in a database. */
  sql: (database: string, ...statements: string[]) => string;
  /** A statement that answers with statements, which are carried out. */
  made: (database: string, statement: string) => string[];
  tool: (program: string, ...words: string[]) => string;
}

export function loginOf({ directory, settings }: DatastoreRef): Login {
  const { host = '127.0.0.1', port = 5432, user = '', password } = settings;
  const before =
    password === undefined
      ? ''
      : `PGPASSWORD=${secretWord(password, (path) => resolve(directory, path))} `;
  const where = ['-h', host, '-p', String(port), '-U', user].map(shellWord).join(' ');
  const psql = (database: string): string =>
    `${before}psql ${where} -XAtq -v ON_ERROR_STOP=1 -d ${shellWord(databaseArgument(database))}`;
  return {
    sql: (database, ...statements) =>
      [psql(database), ...statements.map((one) => `-c ${shellWord(one)}`)].join(' '),
    made: (database, statement) => [`${psql(database)} <<'SQL'`, `${statement} \\gexec`, 'SQL'],
    tool: (program, ...words) =>
      [`${before}${program} ${where}`, ...words.map(shellWord)].join(' '),
  };
}

/** As SQL reads a name back. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** As SQL reads a text back. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
