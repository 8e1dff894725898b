// One service of `services:`: its shape, and what its values must be to each other. What else a platform takes is in that
// platform's settings.ts.
import { z } from 'zod';
import { fieldsOf, kindIn } from './kind-settings.ts';
import { placeholdersIn } from '../domain/text/placeholders.ts';
import { capabilitiesOf, DATASTORES, PLATFORMS, type DatastoreKind } from './kinds.ts';
import { capabilityRemarks } from './platform-rules.ts';
import { didYouMean } from '../domain/text/did-you-mean.ts';
import { listed, shown } from './reading/wording.ts';
import { noSuch, remarksIn, repeatsIn, under, type Remark } from './remark.ts';
import { promoteSchema, rolloutSchema } from './rollout.ts';
import {
  command,
  duration,
  leavesFolder,
  name,
  path,
  port,
  setting,
  someTime,
  staysInside,
  text,
  variable,
} from './terms.ts';

const check = z.strictObject({
  name: name.meta({
    meaning: 'What the check is called in output and reports.',
    example: 'portfolio',
  }),
  http: z
    .exactOptional(
      text(/^(\/|https?:\/\/|\{(?:address|url)\})\S*$/, 'a path such as /health or an http(s) URL'),
    )
    .meta({
      meaning:
        'What is asked for with GET: a path of the version that the check looks at, or a whole URL; {address}, {url} and {version} are filled in. A check has http or command.',
      example: '/api/portfolio',
    }),
  status: z
    .number()
    .int()
    .min(100)
    .max(599)
    .default(200)
    .meta({ meaning: 'The status that the answer has to have (http).' }),
  contains: z.exactOptional(z.string().min(1)).meta({
    meaning: 'A text that the answer has to contain, or that the command has to print.',
    example: 'outstanding',
  }),
  command: z.exactOptional(command).meta({
    meaning:
      'A program that ends with 0 when all is well. It runs without a shell in the folder of the system; {address}, {url} and {version} are filled in.',
    example: ['node', 'checks/datasets.mjs'],
  }),
  timeout: someTime.prefault('5s').meta({ meaning: 'A check that takes longer fails.' }),
});

const health = z.strictObject({
  path: text(/^\/\S*$/, 'a path such as /health')
    .default('/health')
    .meta({
      meaning:
        'The path that is asked. A process is ready when it answers with a status from 200 to 399.',
    }),
  interval: someTime.prefault('250ms').meta({ meaning: 'How often each process is asked.' }),
  timeout: someTime
    .prefault('2s')
    .meta({ meaning: 'A health check that takes longer counts as failed.' }),
});

export const serviceSchema = z.strictObject({
  platform: kindIn(PLATFORMS).meta({
    meaning:
      'Where the service runs: local is processes on this machine, kubernetes is Deployments of a cluster.',
    example: 'local',
  }),
  description: z
    .exactOptional(z.string())
    .meta({ meaning: 'A sentence for people.', example: 'The API of the shop.' }),
  command: z.exactOptional(command).meta({
    meaning:
      'The program and its arguments, run without a shell in `directory`; {version} is filled in, so quote it.',
    example: ['python3', 'versions/{version}.py'],
  }),
  image: z.exactOptional(z.string().min(1)).meta({
    meaning:
      'The image to run, for a platform that runs images; {version} is filled in. The platform local takes command, kubernetes image.',
    example: 'registry.example/shop:{version}',
  }),
  ...fieldsOf(PLATFORMS),
  port: port.meta({
    meaning:
      'Where users reach the service. Its processes listen on ports of their own, which they are told by PORT. kubernetes: the port that its containers listen on.',
    example: 8000,
  }),
  replicas: z
    .number()
    .int()
    .min(1)
    .max(64)
    .default(1)
    .meta({ meaning: 'How many processes a version has when it has all users.' }),
  configuration: z
    .record(variable, setting)
    .prefault({})
    .meta({
      meaning:
        'Environment variables of its processes. A secret is {env: NAME} or {file: PATH}. {{binding.NAME.host}} and its kin stand for where a datastore is today.',
      example: { LOG_LEVEL: 'info', API_KEY: { env: 'SHOP_API_KEY' } },
    }),
  datastores: z
    .array(name)
    .prefault([])
    .meta({
      meaning: 'The datastores that the service needs: a drill starts it on copies of them.',
      example: ['orders'],
    }),
  files: z
    .array(path)
    .prefault([])
    .meta({
      meaning: 'Files that have to be there before a version is started; {version} is filled in.',
      example: ['versions/{version}.py'],
    }),
  health: health.prefault({}).meta({ meaning: 'How Fairlead knows that a process can answer.' }),
  drain: duration.prefault('5s').meta({
    meaning:
      'How long a process may finish what it is answering before it is stopped, and a WebSocket or stream of events goes on when its user would be sent elsewhere; a stop ends these at once.',
  }),
  rollout: rolloutSchema.prefault({}).meta({ meaning: 'How a new version gets its users.' }),
  promote: z.exactOptional(promoteSchema).meta({
    meaning:
      'Only versions that had all users of another system, for so long, are deployed here; without it every version.',
    example: { from: 'shop-staging', soak: '1h' },
  }),
  checks: z
    .strictObject({
      preflight: z
        .array(check)
        .prefault([])
        .meta({ meaning: 'Before anything is changed; http asks the version that users have.' }),
      smoke: z
        .array(check)
        .prefault([])
        .meta({ meaning: 'Of the new version, when it is ready and before it gets a user.' }),
      preview: z.array(check).prefault([]).meta({
        meaning: 'Every two seconds of the new side of a blue-green deploy, before the switch.',
      }),
      watch: z
        .array(check)
        .prefault([])
        .meta({ meaning: 'When the new version has all users, before the deploy is done.' }),
    })
    .prefault({})
    .meta({ meaning: 'Questions that have to be answered well, each at its point of a deploy.' }),
});

type Service = z.output<typeof serviceSchema>;
type CheckPoint = keyof Service['checks'];

/** `folders`: the system's own folder first, then those of its bases; paths may reach these and nothing else. */
export function serviceRemarks(service: Service, folders: readonly string[]): Remark[] {
  return [
    ...capabilityRemarks(service, capabilitiesOf(service)),
    ...PLATFORMS[service.platform].remarks(service, folders),
    ...fileRemarks(service, folders),
    ...placeholderRemarks(service),
    ...(['preflight', 'smoke', 'preview', 'watch'] as const).flatMap((point) =>
      under(['checks', point], checkRemarks(point, service.checks[point])),
    ),
  ];
}

/** `declared`: undefined where the file has no section `datastores`; the names are labels then. */
export function bindingRemarks(
  { datastores }: Service,
  declared: readonly string[] | undefined,
): Remark[] {
  if (declared === undefined) return [];
  return remarksIn(
    datastores.map((one, index) => [
      !declared.includes(one),
      ['datastores', index],
      noSuch('datastore', one, declared),
    ]),
  );
}

/** Placeholders of bindings in what the service is configured with: each has to be of a datastore that is there. */
export function placeRemarks(
  { configuration }: Service,
  datastores: Readonly<Record<string, { kind: DatastoreKind }>>,
): Remark[] {
  const known = Object.entries(datastores).flatMap(([name, { kind }]) =>
    DATASTORES[kind].capabilities.place.map((field) => `binding.${name}.${field}`),
  );
  const filled = `filled in here: ${listed(known.map((one) => `{{${one}}}`))}`;
  return Object.entries(configuration).flatMap(([name, value]) =>
    remarksIn(
      bindingsIn(value).map((one) => [
        !known.includes(one),
        ['configuration', name],
        `unknown placeholder {{${one}}}${didYouMean(one, known)}; ${known.length === 0 ? 'no datastore is declared' : filled}`,
      ]),
    ),
  );
}

function bindingsIn(value: unknown): string[] {
  if (typeof value !== 'string') return [];
  return placeholdersIn(value).filter((name) => name.startsWith('binding.'));
}

function fileRemarks({ files }: Service, folders: readonly string[]): Remark[] {
  return remarksIn(
    files.map((file, at) => [!staysInside(file, folders), ['files', at], leavesFolder(file)]),
  );
}

const PLACEHOLDER = /\{([A-Za-z_]\w*)\}/g;

function placeholderRemarks(service: Service): Remark[] {
  const { command: program = [], image = '', files, directory, checks } = service;
  const ofCheck = (point: CheckPoint): Remark[] =>
    checks[point].flatMap(({ command: run = [] }, index) =>
      under(
        ['checks', point, index],
        run.flatMap((one, at) => strangeIn(['command', at], one, ['address', 'url', 'version'])),
      ),
    );
  return [
    ...program.flatMap((one, at) => strangeIn(['command', at], one, ['version'])),
    ...strangeIn(['image'], image, ['version']),
    ...strangeIn(['directory'], directory, []),
    ...files.flatMap((one, at) => strangeIn(['files', at], one, ['version'])),
    ...(['preflight', 'smoke', 'watch'] as const).flatMap(ofCheck),
  ];
}

/** Placeholders that nothing is put in for. */
function strangeIn(path: Remark['path'], written: string, known: readonly string[]): Remark[] {
  const replaced = `replaced here: ${listed(known.map((one) => `{${one}}`))}`;
  const allowed = known.length === 0 ? 'nothing is replaced here' : replaced;
  return remarksIn(
    [...written.matchAll(PLACEHOLDER)].map(([, one = '']) => [
      !known.includes(one),
      path,
      `unknown placeholder {${one}}; ${allowed}`,
    ]),
  );
}

function checkRemarks(point: CheckPoint, checks: Service['checks'][CheckPoint]): Remark[] {
  const names = checks.map((one) => one.name);
  const repeats = repeatsIn(names);
  return checks.flatMap((one, index) => {
    const both = one.http !== undefined && one.command !== undefined;
    const neither = one.http === undefined && one.command === undefined;
    const what = neither ? 'neither http nor command is' : 'both http and command are';
    return remarksIn([
      [both || neither, [index], `${what} there; a check has exactly one of them`],
      [
        repeats.includes(index),
        [index, 'name'],
        `${shown(one.name)} names two checks of ${point}; give each its own name`,
      ],
    ]);
  });
}
