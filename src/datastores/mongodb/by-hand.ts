// What a person types for a database of a MongoDB: the dump loaded into another database of the same server, and services
// told of that one. Nothing is renamed: MongoDB has no way to call a database otherwise.
import { resolve } from 'node:path';
import type { DatastoreRef } from '../../ports/backups.ts';
import { line, person, secretWord, type DatastoreByHand } from '../../domain/by-hand/by-hand.ts';
import { totalRows } from '../../domain/backup/backup.ts';
import type { HandBackup } from '../store.ts';
import { mongodb } from './settings.ts';
import { DUMP } from './take-dump.ts';
import { UNBLOCK } from './write-block.ts';

export async function mongoByHand(
  store: DatastoreRef,
  backup: HandBackup | undefined,
): Promise<DatastoreByHand> {
  const { database = '' } = store.settings;
  const login = loginOf(store);
  const restored = `${database}_by_hand`;
  return {
    look: {
      type: ['# nothing: what is there is only looked at'],
      see: [
        `${login('mongodump', '--db', restored, '--archive=/dev/null')}   # it has to be empty`,
      ],
    },
    ...(store.settings.writeBlock === true
      ? {
          fence: person(
            `In mongosh, by a login with the role "restore", block writes to all databases of the cluster: db.adminCommand({setUserWriteBlockMode: 1, global: true})`,
          ),
          open: person(`In mongosh: ${UNBLOCK}`),
        }
      : {
          fence: person(
            `Stop everybody who writes to ${database}. Where the server is MongoDB 6 or newer, setUserWriteBlockMode keeps the others out, of all its databases.`,
          ),
        }),
    backup: {
      type: [`${login('mongodump', '--db', database)} --archive="$HOME/dump.archive"`],
      see: ['test -s "$HOME/dump.archive"   # and its last lines tell each collection'],
    },
    exchange: person(
      `Give the services the database ${restored} in the place of ${database}, and start them anew; ${database} stays as it is.`,
    ),
    ...(backup && restores(backup, { database, restored, login })),
  };
}

function restores(
  { manifest, objects }: HandBackup,
  { database, restored, login }: { database: string; restored: string; login: ToolLine },
): DatastoreByHand {
  const read = objects.find(({ name }) => name === DUMP)?.read ?? 'false';
  const from = /\/([^/]*)$/.exec(manifest.source)?.[1] ?? database;
  const load = login(
    'mongorestore',
    ...['--archive', '--nsInclude', `${from}.*`, '--nsFrom', `${from}.*`],
    ...['--nsTo', `${restored}.*`, '--bypassDocumentValidation'],
  );
  const { parts } = manifest.contents;
  return {
    loads: {
      type: [`${read} | ${load}`],
      see: [
        `# its last line says that ${totalRows({ parts })} documents were restored (and canary records), and 0 failed`,
      ],
    },
    complete: person(
      ...parts.map(({ name, rows }) => `${restored}.${name} has ${rows ?? 0} documents.`),
    ),
    correct: person('Documents are compared by "fairlead verify"; by hand only their number is.'),
  };
}

type ToolLine = (program: string, ...words: string[]) => string;

/** A tool with where to log in; the password is in a file that bash makes for as long as it runs. */
function loginOf({ directory, settings }: DatastoreRef): ToolLine {
  const { host, port } = { ...mongodb.capabilities.defaultPlace, ...settings };
  const { user, password, loginDatabase = 'admin', replicaSet, tls = false } = settings;
  const address = replicaSet === undefined ? host : `${replicaSet}/${host}`;
  const words = [
    ...['--host', address, '--port', String(port)],
    ...(user === undefined ? [] : ['--username', user, '--authenticationDatabase', loginDatabase]),
    ...(tls ? ['--ssl'] : []),
  ];
  const secret = password && secretWord(password, (path) => resolve(directory, path));
  const config = secret === undefined ? '' : ` --config <(printf "password: '%s'\\n" ${secret})`;
  return (program, ...more) => `${line(program, ...words)}${config} ${line(...more)}`;
}
