// What a look, a check or a change of a runbook of steps may ask: one way, of what there is.
import { DATASTORES } from '../kinds.ts';
import type { Path } from '../reading/located.ts';
import { listed } from '../reading/wording.ts';
import { noSuch, remarksIn, under, type Remark } from '../remark.ts';
import type { System } from '../system.ts';
import type { Look, StepChange, StepCheck } from './runbook-schema.ts';

const WAYS = ['command', 'http', 'query', 'logs', 'files'] as const;

/** As much of its system as a runbook names. */
export type Names = Pick<System, 'services' | 'datastores' | 'approvals' | 'notify'>;

export function lookRemarks(look: Look, system: Names): Remark[] {
  const { logs } = look;
  const services = Object.keys(system.services);
  return [
    ...wayRemarks(look, look.http, system),
    ...remarksIn([
      [
        logs !== undefined && !services.includes(logs.service),
        ['logs', 'service'],
        noSuch('service', logs?.service ?? '', services),
      ],
    ]),
  ];
}

export function checkRemarks(check: StepCheck, system: Names): Remark[] {
  return [
    ...wayRemarks(check, check.http, system),
    ...remarksIn([
      [
        check.status !== undefined && check.http === undefined,
        ['status'],
        'status is for http; remove it',
      ],
      [
        check.contains !== undefined && check.query !== undefined,
        ['contains'],
        'a query passes when its one value is true; write that into the query',
      ],
    ]),
  ];
}

export function changeRemarks(change: StepChange, system: Names): Remark[] {
  return wayRemarks(change, change.http?.url, system, ['http', 'url']);
}

type Asked = Pick<Look, 'command' | 'service' | 'query' | 'environment'> & {
  http?: unknown;
  logs?: unknown;
  files?: unknown;
};

/** What is asked or changed in exactly one way, of what is there. */
function wayRemarks(
  asked: Asked,
  url: string | undefined,
  system: Names,
  urlPath: Path = ['http'],
): Remark[] {
  const { service, query, environment, command } = asked;
  const ways = WAYS.filter((way) => asked[way] !== undefined);
  const services = Object.keys(system.services);
  const isPath = url?.startsWith('/') === true;
  return [
    ...remarksIn([
      [ways.length === 0, [], 'write one of command, http, query'],
      [ways.length > 1, [ways[1] ?? ''], `${listed(ways)} are there; keep one of them`],
      [
        isPath && service === undefined,
        urlPath,
        'a path is on a service; write service beside it, or a whole URL',
      ],
      [service !== undefined && !isPath, ['service'], 'service is for a path of http; remove it'],
      [
        service !== undefined && !services.includes(service),
        ['service'],
        noSuch('service', service ?? '', services),
      ],
      [
        environment !== undefined && command === undefined,
        ['environment'],
        'environment is for command; remove it',
      ],
    ]),
    ...(query === undefined ? [] : under(['query'], queryRemarks(query, system))),
  ];
}

function queryRemarks(
  { datastore, sql, user, password }: NonNullable<Look['query']>,
  { datastores = {} }: Names,
): Remark[] {
  const kind = datastores[datastore]?.kind;
  const answers = kind === undefined || DATASTORES[kind].capabilities.queries;
  return remarksIn([
    [kind === undefined, ['datastore'], noSuch('datastore', datastore, Object.keys(datastores))],
    [
      !answers,
      ['datastore'],
      `${datastore} is of kind ${kind ?? ''}, which answers no SQL; write a command`,
    ],
    [
      sql.includes('{{'),
      ['sql'],
      'an input never becomes a part of SQL; write $1 here and the input into values',
    ],
    [
      (user === undefined) !== (password === undefined),
      [user === undefined ? 'password' : 'user'],
      'user and password belong together; write both or none',
    ],
  ]);
}
