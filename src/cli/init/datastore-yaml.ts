// What `fairlead init` writes of data: a folder, or a database of one kind, with its backups and a drill.
import { DATASTORES, type DatastoreKind } from '../../config/kinds.ts';
import { quoted } from './quoted.ts';

/** A datastore to back up and drill with: a folder, from that of the system file, or a database of that kind. */
export type WantedData =
  { kind: 'files'; directory: string } | { kind: Exclude<DatastoreKind, 'files'> };

/** The kinds that `--datastore` takes. */
export const KINDS = Object.keys(DATASTORES) as DatastoreKind[];

/** What is to be written of a service that uses the data, with the indent of a service's keys. */
export function usesYaml({ kind }: WantedData): string {
  if (kind === 'files') return '\n    datastores: [data]';
  const database = kind === 'redis' ? '' : ", DATA_NAME: '{{binding.data.database}}'";
  return `
    datastores: [data]
    # Where the data are today: a recovery may bring them to another place. The names are yours to choose.
    configuration: { DATA_HOST: '{{binding.data.host}}', DATA_PORT: '{{binding.data.port}}'${database} }`;
}

/** The sections `datastores` and `drill`. */
export function dataYaml(
  { system, service, health }: { system: string; service: string; health: string },
  data: WantedData,
): string {
  return `
# fairlead backup ${system}; fairlead verify ${system}/data
datastores:
  data:
${storeLines(system, data)}
    backup: { interval: 12h, rpo: 24h }

# fairlead drill ${system}: restores the newest backup apart from everything live, starts the service there, and asks it
drill:
  rto: 30m # how long a recovery may take
${loginLines(service, data)}  # An empty service answers its health path too: replace it by a page whose answer needs the data,
  # with a word of them: { service: ${service}, name: orders, http: /orders, contains: rope }
  golden:
    - { service: ${service}, name: health, http: ${quoted(health)} }
`;
}

function storeLines(system: string, data: WantedData): string {
  switch (data.kind) {
    case 'files':
      return `    kind: files\n    directory: ${quoted(data.directory)}`;
    case 'postgres':
      return `    kind: postgres
    host: 127.0.0.1
    port: 5432
    database: ${quoted(system.replaceAll('-', '_'))}
    user: fairlead # its rights: fairlead grant postgres --print
    # password: { env: DATA_PASSWORD } # of the worker`;
    case 'redis':
      return `    kind: redis
    host: 127.0.0.1
    port: 6379
    # password: { env: DATA_PASSWORD } # of the worker`;
    case 'mongodb':
      return `    kind: mongodb
    host: 127.0.0.1
    port: 27017
    database: ${quoted(system)}
    # user: fairlead
    # password: { env: DATA_PASSWORD } # of the worker
    verify:
      required: [artefact, loads, complete, correct]
      # invariants: # what has to be so in every good copy
      #   - { name: orders, query: '{"count": "orders"}', min: 1 }`;
    case 'firestore':
      return `    kind: firestore
    project: ${quoted(`${system}-project`)} # the id of yours
    database: (default)
    host: 127.0.0.1 # of an emulator; at Google's leave out host and port
    port: 8080
    # pointInTimeRecovery: true # where the database keeps seven days
    verify:
      required: [artefact, loads, complete, correct]
      # invariants: # what has to be so in every good copy
      #   - { name: orders, query: '{"count": "orders"}', min: 1 }`;
  }
}

/** The login of the copy, in the place of the live one's. */
function loginLines(service: string, { kind }: WantedData): string {
  const login: readonly string[] = DATASTORES[kind].capabilities.copyLogin;
  if (!login.includes('password')) return '';
  return `  # How the service logs in to a copy, by the names that it reads:
  # configuration: { ${service}: { DATA_USER: '{{copy.data.user}}', DATA_PASSWORD: '{{copy.data.password}}' } }
`;
}
