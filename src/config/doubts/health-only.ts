// Checks and golden queries that ask nothing but the health path: they pass a version that is wrong everywhere else.
import type { Drill } from '../drill.ts';
import type { Readable } from '../reading/salvage.ts';
import { remarksIn, under, type Remark, type Row } from '../remark.ts';
import type { Service } from '../system.ts';

const INSTEAD = 'write a page whose answer needs the program and its data, with what it contains';

export function healthOnly({ services, drill }: Readable): Remark[] {
  return [
    ...Object.entries(services).flatMap(([name, service]) =>
      under(['services', name, 'checks'], remarksIn(checkRows(service))),
    ),
    ...under(['drill'], remarksIn(goldenRows(drill, services))),
  ];
}

/**
 * The checks of each point at which a version has no users yet. Not those of `watch`: from then on analyses judge the version by
 * its users. A point without checks is no doubt, since whoever wrote the file knows that.
 */
function checkRows({ checks, health }: Service): Row[] {
  return (['preflight', 'smoke', 'preview'] as const).map((point) => {
    const asked = checks[point].map(({ http }) => http);
    const isOnly = asked.length > 0 && asked.every((one) => isHealth(one, health.path));
    return [
      isOnly,
      [point],
      `only the health path ${health.path} is asked, which answers before a process gets any traffic: a version that is wrong everywhere else passes; ${INSTEAD}`,
    ];
  });
}

function goldenRows(drill: Drill | undefined, services: Readable['services']): Row[] {
  const golden = drill?.golden ?? [];
  const isOnly =
    golden.length > 0 &&
    golden.every(({ service, http }) => isHealth(http, services[service]?.health.path));
  return [
    [
      isOnly,
      ['golden'],
      `only health paths are asked, and none of them needs what was restored: a drill with an empty copy passes; ${INSTEAD}`,
    ],
  ];
}

/** Whether a check asks the service's health page, by any query and however the address of the page is written. */
function isHealth(asked: string | undefined, health: string | undefined): boolean {
  if (asked === undefined || health === undefined) return false;
  return pageOf(asked) === pageOf(health);
}

function pageOf(written: string): string {
  const path = written.replace(/^(?:https?:\/\/[^/?#]*|\{(?:address|url)\})/, '');
  return path.replace(/[?#].*$/, '').replace(/\/+$/, '');
}
