// Starts one replica: a process without a shell, in a group of its own, whose output goes straight into its
// log file (no pipe: it must live on when the host dies).
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from '../../domain/failure.ts';
import type { ProcessProgram, RevisionSpec } from '../../domain/rollout/model.ts';
import { processOf as processIn } from '../../domain/rollout/revision.ts';
import { secretValue, type SecretReference } from '../../integrations/secret-value.ts';
import { withLimit } from '../../machine/limit-mark.ts';
import { withUsualUmask } from '../../machine/own-umask.ts';
import { serviceUser, type ServiceUser } from '../../machine/service-user.ts';
import { startTimeOf } from '../../machine/process-identity.ts';

/** In every child's environment, with the host's id: how children are found that no state file knows. */
export const HOST_MARK = 'FAIRLEAD_HOST';
/** The variable that marks everything that one replica starts, in whatever process group. */
export const REPLICA_MARK = 'FAIRLEAD_REPLICA';
/** What a service gets of the host's own environment; everything else is `configuration`. */
const PASSED_ON = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'];

export interface Started {
  child: ChildProcess;
  pid: number;
  startTime: number;
  /** The value of REPLICA_MARK. */
  mark: string;
}

/** Throws Unsupported for a revision that is no process. */
export function processOf(spec: RevisionSpec): ProcessProgram {
  return processIn(spec, 'the local host runs');
}

/** Throws NotFound naming the setting, the reference and where it was looked for; never the value. */
export async function resolveConfiguration(spec: RevisionSpec): Promise<Record<string, string>> {
  const resolved: Record<string, string> = {};
  for (const [name, setting] of Object.entries(spec.configuration)) {
    resolved[name] =
      typeof setting === 'object' ? await resolveSecret(spec, name, setting) : String(setting);
  }
  return resolved;
}

/** The secrets among what a revision is configured with, as far as they are found. */
export async function secretsOf(spec: RevisionSpec): Promise<string[]> {
  const resolved = await resolveConfiguration(spec).catch((): Record<string, string> => ({}));
  return Object.entries(resolved).flatMap(([name, value]) =>
    typeof spec.configuration[name] === 'object' ? [value] : [],
  );
}

async function resolveSecret(
  spec: RevisionSpec,
  name: string,
  reference: SecretReference,
): Promise<string> {
  const found = await secretValue(reference, processOf(spec).directory, {
    env: process.env,
    readFile: (path) => readFile(path, 'utf8'),
    reader: 'the local host',
  });
  if ('secret' in found) return found.secret;
  throw new Failure(
    'NotFound',
    `configuration ${name} of ${spec.system}/${spec.service} refers to ${found.problem}`,
  );
}

export async function startProcess(input: {
  spec: RevisionSpec;
  port: number;
  hostId: string;
  log: string;
}): Promise<Started> {
  const { spec, port } = input;
  const { command, directory } = processOf(spec);
  const configuration = await resolveConfiguration(spec);
  const user = await serviceUser(processOf(spec));
  const passed = PASSED_ON.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  mkdirSync(dirname(input.log), { recursive: true, mode: 0o700 });
  const output = openSync(input.log, 'a', 0o600);
  const mark = randomUUID();
  try {
    const env: Record<string, string> = {
      ...Object.fromEntries(passed),
      ...user?.environment,
      ...configuration,
      PORT: String(port),
      HOST: '127.0.0.1',
      FAIRLEAD_SYSTEM: spec.system,
      FAIRLEAD_SERVICE: spec.service,
      FAIRLEAD_REVISION: spec.id,
      FAIRLEAD_VERSION: spec.version,
      [HOST_MARK]: input.hostId,
      [REPLICA_MARK]: mark,
    };
    const marked = await withLimit(command, mark, { directory, path: env['PATH'] });
    return {
      ...(await spawned(marked, { ...spec, directory }, { output, env, ...(user && { user }) })),
      mark,
    };
  } finally {
    closeSync(output);
  }
}

function spawned(
  [program = '', ...args]: string[],
  spec: RevisionSpec & { directory: string },
  { output, env, user }: { output: number; env: Record<string, string>; user?: ServiceUser },
): Promise<Omit<Started, 'mark'>> {
  const { directory } = spec;
  return new Promise((done, failed) => {
    const child = withUsualUmask(() =>
      spawn(program, args, {
        cwd: directory,
        env,
        detached: true,
        stdio: ['ignore', output, output],
        ...(user && { uid: user.uid, gid: user.gid }),
      }),
    );
    child.once('error', (error) => {
      failed(
        new Failure(
          'NotFound',
          `starting ${program} in ${directory} for ${spec.system}/${spec.service} ${spec.version}: ${whyNot(error)}`,
        ),
      );
    });
    child.once('spawn', () => {
      const pid = child.pid ?? 0;
      // Gone already: an identity that nobody has, so that its exit is all that is seen of it.
      done({ child, pid, startTime: startTimeOf(pid) ?? -1 });
    });
  });
}

/** What is behind an error of starting a process, and what to do about it. */
function whyNot(error: Error): string {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ENOENT')
    return 'there is no such program, or no such folder; look at command and directory';
  if (code === 'EACCES')
    return 'it may not be run (permission denied); make it executable, or name an interpreter in command';
  return `${error.message}; look at command and directory`;
}
