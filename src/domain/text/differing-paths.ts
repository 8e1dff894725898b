// Where two values of plain JSON differ, path by path.
import { canonicalJson } from '../digest.ts';
import { isRecord } from '../json.ts';

export interface Difference {
  /** `configuration.LIMIT`, `program.command.2` */
  path: string;
  /** `null` where there is nothing. */
  deployed: unknown;
  file: unknown;
}

export function differingPaths(deployed: unknown, file: unknown, path = ''): Difference[] {
  if (isRecord(deployed) && isRecord(file)) return ofFields(deployed, file, path);
  if (Array.isArray(deployed) && Array.isArray(file) && deployed.length === file.length) {
    return ofFields(byIndex(deployed), byIndex(file), path);
  }
  const [before, now] = [deployed ?? null, file ?? null];
  return canonicalJson(before) === canonicalJson(now)
    ? []
    : [{ path, deployed: before, file: now }];
}

function byIndex(list: readonly unknown[]): Record<string, unknown> {
  return Object.fromEntries(list.map((value, index) => [String(index), value]));
}

function ofFields(
  deployed: Record<string, unknown>,
  file: Record<string, unknown>,
  path: string,
): Difference[] {
  const keys = [...new Set([...Object.keys(deployed), ...Object.keys(file)])].sort();
  return keys.flatMap((key) =>
    differingPaths(deployed[key], file[key], path === '' ? key : `${path}.${key}`),
  );
}
