// Starts one replica: a process without a shell, in a group of its own, whose output goes straight into its
// log file (no pipe: it must live on when the host dies).
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from '../../domain/failure.ts';
import type { RevisionSpec } from '../../domain/model.ts';
import { secretValue, type SecretReference } from '../../integrations/secret-value.ts';
import { startTimeOf } from '../../machine/process-identity.ts';

/** In every child's environment, with the host's id: how children are found that no state file knows. */
export const HOST_MARK = 'FAIRLEAD_HOST';
/** The same in all that one replica starts, in whatever process group. */
export const REPLICA_MARK = 'FAIRLEAD_REPLICA';
/** What a service gets of the host's own environment; everything else is `configuration`. */
const PASSED_ON = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'];

export interface Started {
  child: ChildProcess;
  pid: number;
  startTime: number;
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

async function resolveSecret(
  spec: RevisionSpec,
  name: string,
  reference: SecretReference,
): Promise<string> {
  const found = await secretValue(reference, spec.directory, {
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
  const [program, ...args] = spec.command ?? [];
  if (program === undefined) {
    throw new Failure(
      'Unsupported',
      `starting ${spec.system}/${spec.service} ${spec.version}: the local host runs commands, and this revision has none (image ${spec.image ?? 'none'})`,
    );
  }
  const configuration = await resolveConfiguration(spec);
  const passed = PASSED_ON.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  mkdirSync(dirname(input.log), { recursive: true, mode: 0o700 });
  const output = openSync(input.log, 'a', 0o600);
  try {
    return await spawned(program, args, spec, output, {
      ...Object.fromEntries(passed),
      ...configuration,
      PORT: String(port),
      HOST: '127.0.0.1',
      FAIRLEAD_SYSTEM: spec.system,
      FAIRLEAD_SERVICE: spec.service,
      FAIRLEAD_REVISION: spec.id,
      FAIRLEAD_VERSION: spec.version,
      [HOST_MARK]: input.hostId,
      [REPLICA_MARK]: randomUUID(),
    });
  } finally {
    closeSync(output);
  }
}

function spawned(
  program: string,
  args: string[],
  spec: RevisionSpec,
  output: number,
  env: Record<string, string>,
): Promise<Started> {
  return new Promise((done, failed) => {
    const child = spawn(program, args, {
      cwd: spec.directory,
      env,
      detached: true,
      stdio: ['ignore', output, output],
    });
    child.once('error', (error) => {
      failed(
        new Failure(
          'NotFound',
          `starting ${program} in ${spec.directory} for ${spec.system}/${spec.service} ${spec.version}: ${error.message}; look at command and directory`,
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
