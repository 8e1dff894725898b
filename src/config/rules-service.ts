// What the values of one service must be to each other: how it is run, its paths, placeholders, checks.
import { posix } from 'node:path';
import type { Remark } from './rules.ts';
import type { Check, CheckPoint, Service } from './system.ts';
import { listed, shown } from './wording.ts';

/** `folders` are those of the system and of its bases: paths may reach these and nothing else. */
export function serviceRemarks(service: Service, folders: readonly string[]): Remark[] {
  return [
    ...programRemarks(service),
    ...pathRemarks(service, folders),
    ...placeholderRemarks(service),
    ...(['preflight', 'smoke', 'preview', 'watch'] as const).flatMap((point) =>
      checkRemarks(point, service.checks[point]),
    ),
  ];
}

function programRemarks({ platform, command, image }: Service): Remark[] {
  if (command && image !== undefined) {
    return [{ path: ['image'], message: 'both command and image are there; keep one of them' }];
  }
  if (image !== undefined) {
    const message = `the platform ${platform} runs a command, not an image; write command: [program, argument, ...]`;
    return [{ path: ['image'], message }];
  }
  if (command) return [];
  return [
    {
      path: ['command'],
      message: `is missing; the platform ${platform} needs command: [program, argument, ...]`,
    },
  ];
}

function pathRemarks(service: Service, folders: readonly string[]): Remark[] {
  const written: Remark[] = [
    { path: ['directory'], message: service.directory },
    ...service.files.map((file, index) => ({ path: ['files', index], message: file })),
  ];
  return written
    .filter(({ message }) => !staysInside(message, folders))
    .map(({ path, message }) => ({
      path,
      message: `${shown(message)} leaves the system's folder; write a relative path inside it`,
    }));
}

/** Relative, and inside the system's folder or one of its bases'. */
export function staysInside(path: string, folders: readonly string[]): boolean {
  if (path.startsWith('/') || path.includes('\\') || path.includes('\0')) return false;
  const normal = posix.normalize(path);
  if (normal !== '..' && !normal.startsWith('../')) return true;
  return folders.some((name) => normal === `../${name}` || normal.startsWith(`../${name}/`));
}

const PLACEHOLDER = /\{([A-Za-z_]\w*)\}/g;

function placeholderRemarks(service: Service): Remark[] {
  const { command = [], image, files, directory, checks } = service;
  const of = (path: Remark['path'], text: string, known: string[]): Remark[] =>
    [...text.matchAll(PLACEHOLDER)]
      .map(([, name = '']) => name)
      .filter((name) => !known.includes(name))
      .map((name) => ({ path, message: unknownPlaceholder(name, known) }));
  const checksOf = (point: CheckPoint): Remark[] =>
    checks[point].flatMap((check, index) => [
      ...of(['checks', point, index, 'http'], check.http ?? '', []),
      ...(check.command ?? []).flatMap((text, at) =>
        of(['checks', point, index, 'command', at], text, ['address', 'url', 'version']),
      ),
    ]);
  return [
    ...command.flatMap((text, at) => of(['command', at], text, ['version'])),
    ...of(['image'], image ?? '', ['version']),
    ...of(['directory'], directory, []),
    ...files.flatMap((text, at) => of(['files', at], text, ['version'])),
    ...checksOf('preflight'),
    ...checksOf('smoke'),
    ...checksOf('watch'),
  ];
}

function unknownPlaceholder(name: string, known: string[]): string {
  const allowed =
    known.length === 0
      ? 'nothing is replaced here'
      : `replaced here: ${listed(known.map((one) => `{${one}}`))}`;
  return `unknown placeholder {${name}}; ${allowed}`;
}

function checkRemarks(point: CheckPoint, checks: Check[]): Remark[] {
  return checks.flatMap((check, index) => {
    const path = ['checks', point, index];
    const remarks: Remark[] = [];
    if ((check.http === undefined) === (check.command === undefined)) {
      const what =
        check.http === undefined ? 'neither http nor command is' : 'both http and command are';
      remarks.push({ path, message: `${what} there; a check has exactly one of them` });
    }
    if (checks.findIndex(({ name }) => name === check.name) < index) {
      const message = `${shown(check.name)} names two checks of ${point}; give each its own name`;
      remarks.push({ path: [...path, 'name'], message });
    }
    return remarks;
  });
}
