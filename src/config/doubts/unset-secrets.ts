// References to environment variables that are not set where `check` runs: perhaps they are where the worker does.
import type { Path } from '../reading/located.ts';
import type { Remark } from '../remark.ts';

/** `value`: the whole file, as it is written. */
export function unsetSecrets(
  value: unknown,
  environment: Readonly<Record<string, string | undefined>>,
  path: Path = [],
): Remark[] {
  if (typeof value !== 'object' || value === null) return [];
  const name = variableIn(value, path);
  if (name === undefined) {
    return Object.entries(value).flatMap(([key, one]) =>
      unsetSecrets(one, environment, [...path, Array.isArray(value) ? Number(key) : key]),
    );
  }
  if ((environment[name] ?? '') !== '') return [];
  const message = `${name} is not set here: whoever runs the worker, and the local host where a service is given it, has to set it before they start`;
  return [{ path: [...path, 'env'], message }];
}

/** What `{env: NAME}` names. In `configuration` itself `env` is a variable of the service's own. */
function variableIn(value: object, path: Path): string | undefined {
  const entries: [string, unknown][] = Object.entries(value);
  const [first, ...others] = entries;
  if (first?.[0] !== 'env' || others.length > 0 || path.at(-1) === 'configuration')
    return undefined;
  return typeof first[1] === 'string' ? first[1] : undefined;
}
