// Starts a runner in namespaces of its own (user, network, mounts, processes, shared memory), and tries whether this
// machine allows that. Used by the adapter.
import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Waiting } from '../../../ports/waiting.ts';
import { Failure } from '../../../domain/failure.ts';
import { withUsualUmask } from '../../../machine/own-umask.ts';
import { ownProgram } from '../../../machine/own-modules.ts';
import { ALLOW_NAMESPACES, systemToolEnvironment } from '../../../machine/system-tools.ts';
import { nothing } from './protocol.ts';
import { mapUsers, UNMAPPED, whyUnmapped } from './mapped-users.ts';
import { askRunner } from './runner-client.ts';

const OTHERS = [
  ...['--net', '--mount', '--pid', '--ipc'],
  // The runner is the first process of its pid namespace: with it, or with `unshare`, all of them end.
  ...['--fork', '--kill-child', '--'],
];
const NAMESPACES = ['--user', '--map-root-user', ...OTHERS];
const LOG = 'runner.log';
const LOOK_AGAIN_MS = 20;
const UP_WITHIN_MS = 30_000;
const TRIAL_MS = 10_000;

/** Waits until it answers; it lives on when this process ends. */
export async function startRunner(folder: string, { signal, beat }: Waiting): Promise<void> {
  const isRoot = process.getuid?.() === 0;
  const namespaces = isRoot ? [...UNMAPPED, ...OTHERS] : NAMESPACES;
  const runner = [process.execPath, ...ownProgram('platforms/local/isolation/inside/runner')];
  const run = await startDetached('unshare', [...namespaces, ...runner], { folder, log: LOG });
  if (isRoot) {
    await mapUsers(run.pid, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      const message = `opening an isolated target in ${folder}: its users cannot be mapped: ${String(error)}`;
      throw new Failure('Unavailable', message);
    });
  }
  const until = performance.now() + UP_WITHIN_MS;
  for (;;) {
    beat({ opening: folder });
    const isUp = await askRunner(folder, { verb: 'ping' }, nothing, signal).then(
      () => true,
      () => false,
    );
    signal.throwIfAborted();
    if (isUp) return;
    const ended = run.ended();
    if (ended !== undefined || performance.now() > until) {
      const said = (await readFile(join(folder, LOG), 'utf8')).trim().slice(-1000);
      const how = ended ?? `it did not answer within ${UP_WITHIN_MS / 1000} s`;
      throw new Failure('Unavailable', `opening an isolated target in ${folder}: ${how}: ${said}`);
    }
    await sleep(LOOK_AGAIN_MS, undefined, { signal });
  }
}

/** A process of its own in the target's folder, with next to nothing in its environment. */
export async function startDetached(
  program: string,
  args: readonly string[],
  { folder, log }: { folder: string; log: string },
): Promise<{ pid: number; ended: () => string | undefined }> {
  const output = await open(join(folder, log), 'a', 0o600);
  let ended: string | undefined;
  let pid = 0;
  try {
    await new Promise<void>((resolve, reject) => {
      const child = withUsualUmask(() =>
        spawn(program, args, {
          cwd: folder,
          env: { PATH: process.env['PATH'], HOME: '/tmp/home' },
          detached: true,
          stdio: ['ignore', output.fd, output.fd],
        }),
      );
      pid = child.pid ?? 0;
      child.once('spawn', resolve);
      child.once('error', (error) => {
        reject(new Failure('Unavailable', `starting ${program} in ${folder}: ${error.message}`));
      });
      child.once('exit', (code, signal) => {
        ended = `${program} ended with ${code ?? signal ?? '?'}`;
      });
      child.unref();
    });
  } finally {
    await output.close();
  }
  return { pid, ended: () => ended };
}

/** Why this machine cannot isolate, with what to do; undefined when it can. Makes namespaces for a moment. */
export async function whyUnable(): Promise<string | undefined> {
  if (process.platform !== 'linux') {
    return `isolation needs Linux namespaces, and this is ${process.platform}: run the worker on Linux`;
  }
  const said = await tried('setpriv', ['--version']);
  if (said !== undefined) return missing('setpriv', 'util-linux', said);
  const inside: [string, string, string[]][] = [
    ['ip', 'iproute2', ['ip', 'link', 'set', 'lo', 'up']],
    ['mount', 'mount', ['mount', '-t', 'proc', 'proc', '/proc']],
    ['mount', 'mount', ['mount', '-o', 'remount,bind,ro', '/']],
  ];
  const bare = await tried('unshare', [...NAMESPACES, 'true']);
  if (bare !== undefined) return withoutAny(bare);
  const unmapped = process.getuid?.() === 0 ? await whyUnmapped() : undefined;
  if (unmapped !== undefined) return forbidden('a map of users', unmapped);
  for (const [tool, its, command] of inside) {
    const why = await tried('unshare', [...NAMESPACES, ...command]);
    if (why === undefined) continue;
    return /No such file/.test(why) ? missing(tool, its, why) : forbidden(command.join(' '), why);
  }
  return undefined;
}

function withoutAny(said: string): string {
  return /ENOENT/.test(said) ? missing('unshare', 'util-linux', said) : forbidden('unshare', said);
}

function missing(tool: string, its: string, said: string): string {
  return `isolation needs the program ${tool} (${said}): install ${its} where the worker runs`;
}

function forbidden(what: string, said: string): string {
  return (
    `this machine does not allow an isolated target: ${what} in new namespaces came back with "${said}". ` +
    `${ALLOW_NAMESPACES}; ` +
    'a container needs a seccomp profile that allows unshare and mount, and a /proc without masked paths'
  );
}

/** Undefined when it ended well, else what it said. */
function tried(program: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    let said = '';
    const child = spawn(program, args, {
      env: systemToolEnvironment(),
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: TRIAL_MS,
      killSignal: 'SIGKILL',
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-500);
    });
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('close', (code) => {
      resolve(
        code === 0 ? undefined : said.trim().replaceAll(/\s+/g, ' ') || `exit ${code ?? '?'}`,
      );
    });
  });
}
