// What a platform needs to run one version of a service, worked out of the loaded system. The id covers
// version, program, configuration and bindings, so that one tag with two contents is two revisions.
import type { Service, Setting } from '../../config/system.ts';
import { describeValue } from '../text/describe-value.ts';
import { digestOf } from '../digest.ts';
import { Failure } from '../failure.ts';
import type { LoadedSystem } from '../loaded-system.ts';
import { boundPlaces, filledPlaces, type BoundPlaces } from '../recovery/binding.ts';
import type { ProcessProgram, Program, RevisionSpec } from './model.ts';
import { VERSION, VERSION_ALLOWED } from '../text/names.ts';

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
  const program = programOf(declared, version);
  const { places = {} } = loaded;
  const boundTo = boundPlaces(places, declared.datastores);
  return {
    system: loaded.name,
    service,
    id: revisionId(declared, program, version, places),
    version,
    program: placedProgram(program, loaded.directory),
    configuration: Object.fromEntries(
      Object.entries(declared.configuration).map(([key, value]) => [
        key,
        placed(value, loaded.directory, places),
      ]),
    ),
    bindings: declared.datastores,
    ...(Object.keys(boundTo).length > 0 && { boundTo }),
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

/** `who`: what starts a process, as in `a drill starts`. Throws Unsupported for a revision that is none. */
export function processOf(spec: RevisionSpec, who: string): ProcessProgram {
  const { program, system, service, version } = spec;
  if (program.kind === 'process') return program;
  throw new Failure(
    'Unsupported',
    `starting ${system}/${service} ${version}: ${who} commands, and this revision has none (image ${program.reference})`,
  );
}

/** As the system file says it, paths relative to the system's folder. */
function programOf(declared: Service, version: string): Program {
  const { command, image, directory, files, host, port, user, trustedProxies } = declared;
  const fill = (text: string): string => text.replaceAll('{version}', version);
  if (command === undefined) return { kind: 'image', reference: fill(image ?? ''), port };
  return {
    ...{ kind: 'process', command: command.map(fill), directory, files: files.map(fill) },
    ...{ host, port },
    ...(user !== undefined && { user }),
    ...(trustedProxies !== undefined && { trustedProxies }),
  };
}

function placedProgram(program: Program, directory: string): Program {
  switch (program.kind) {
    case 'process':
      return {
        ...program,
        directory: within(directory, program.directory),
        files: program.files.map((file) => within(directory, file)),
      };
    case 'image':
      return program;
  }
}

/** What makes two programs two; where users reach a process is no part of what runs. */
function runs(program: Program): object {
  switch (program.kind) {
    case 'process': {
      const { command, directory, user } = program;
      return { kind: 'process', command, directory, ...(user !== undefined && { user }) };
    }
    case 'image':
      return program;
  }
}

/**
 * The id of a revision covers relative paths, so that it is the same wherever the systems folder lies. Two versions never share one, whatever
 * becomes of them in the label: it is what they are called on every platform, and fits the label of a DNS name.
 */
function revisionId(
  declared: Service,
  program: Program,
  version: string,
  places: BoundPlaces,
): string {
  const boundTo = boundPlaces(places, declared.datastores);
  const digest = digestOf({
    version,
    program: runs(program),
    configuration: Object.fromEntries(
      Object.entries(declared.configuration).map(([key, value]) => [
        key,
        typeof value === 'string' ? filledPlaces(value, places) : value,
      ]),
    ),
    bindings: declared.datastores,
    ...(Object.keys(boundTo).length > 0 && { boundTo }),
  });
  const label = version
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/-+$/, '')
    .slice(0, 40);
  return `${label}-${digest.slice(0, 10)}`;
}

/** A file or folder is named relative to the system's folder, but read where only the revision is known. */
function placed(value: Setting, directory: string, places: BoundPlaces): Setting {
  if (typeof value === 'string') {
    return filledPlaces(value, places, (folder) => within(directory, folder));
  }
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
