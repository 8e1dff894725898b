// What a platform needs to run one version of a service, worked out of the loaded system. The id covers
// command or image, configuration and bindings, so that one tag with two contents is two revisions.
import type { Service, Setting } from '../config/system.ts';
import { describeValue } from './describe-value.ts';
import { digestOf } from './digest.ts';
import { Failure } from './failure.ts';
import type { LoadedSystem } from './loaded-system.ts';
import type { RevisionSpec } from './model.ts';
import { VERSION, VERSION_ALLOWED } from './names.ts';

/** What is wrong with a version that somebody typed, as a sentence; undefined when nothing is. */
export function versionProblem(text: string): string | undefined {
  if (VERSION.test(text)) return undefined;
  return `the version ${describeValue(text)} cannot be used: write ${VERSION_ALLOWED}, such as v2 or 1.4.0-rc.1`;
}

/** The revision of `service` at `version`. Throws BadInput (version) and NotFound (service). */
export function revisionSpec(loaded: LoadedSystem, service: string, version: string): RevisionSpec {
  const problem = versionProblem(version);
  if (problem !== undefined) throw new Failure('BadInput', problem);
  const declared = serviceNamed(loaded, service);
  const fill = (text: string): string => text.replaceAll('{version}', version);
  const program = {
    ...(declared.command && { command: declared.command.map(fill) }),
    ...(declared.image !== undefined && { image: fill(declared.image) }),
  };
  return {
    system: loaded.name,
    service,
    id: revisionId(declared, program, version),
    version,
    ...program,
    directory: within(loaded.directory, declared.directory),
    files: declared.files.map((file) => within(loaded.directory, fill(file))),
    configuration: Object.fromEntries(
      Object.entries(declared.configuration).map(([key, value]) => [
        key,
        placed(value, loaded.directory),
      ]),
    ),
    bindings: declared.datastores,
    host: declared.host,
    port: declared.port,
    health: declared.health,
    drain: declared.drain,
  };
}

function serviceNamed(loaded: LoadedSystem, service: string): Service {
  const declared = Object.hasOwn(loaded.system.services, service)
    ? loaded.system.services[service]
    : undefined;
  if (declared) return declared;
  const known = Object.keys(loaded.system.services).join(', ');
  throw new Failure(
    'NotFound',
    `the system ${loaded.name} has no service ${service}; it has: ${known}`,
  );
}

/** Of relative paths, so that it is the same wherever the systems folder lies. */
function revisionId(
  declared: Service,
  program: { command?: string[]; image?: string },
  version: string,
): string {
  const digest = digestOf({
    ...program,
    directory: declared.directory,
    configuration: declared.configuration,
    bindings: declared.datastores,
  });
  const label = version
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/-+$/, '')
    .slice(0, 40);
  return `${label}-${digest.slice(0, 10)}`;
}

/** A secret's file is named relative to the system's folder, but read where only the revision is known. */
function placed(value: Setting, directory: string): Setting {
  if (typeof value !== 'object' || !('file' in value)) return value;
  return { file: within(directory, value.file) };
}

/** `path` inside `directory`, with `.` and `..` worked out; an absolute path stays. No node: here. */
function within(directory: string, path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${directory}/${path}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
