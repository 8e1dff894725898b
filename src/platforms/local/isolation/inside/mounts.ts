// The mounts of a target, made in its own mount namespace: nobody outside sees them, and they go with it.
import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { mkdir, open, readFile, stat, type FileHandle } from 'node:fs/promises';
import { Failure } from '../../../../domain/failure.ts';
import { systemToolEnvironment } from '../../../../machine/system-tools.ts';

/** File systems of the kernel, which hold nobody's data: not all of them can be mounted anew. */
const OF_THE_KERNEL =
  /^(proc|sysfs|cgroup2?|devpts|devtmpfs|mqueue|tracefs|debugfs|securityfs|bpf|pstore|configfs|fusectl|hugetlbfs|efivarfs|binfmt_misc|autofs|nsfs|ramfs)$/;

/** Runs a tool of the machine; throws Unavailable with what it said. `handle` is its descriptor 3. */
export async function runTool(
  program: string,
  args: readonly string[],
  handle?: FileHandle,
): Promise<void> {
  const said: Buffer[] = [];
  const code = await new Promise<number | null>((resolve, reject) => {
    const child = spawn(program, args, {
      env: systemToolEnvironment(),
      stdio: ['ignore', 'ignore', 'pipe', ...(handle === undefined ? [] : [handle.fd])],
    });
    child.stderr?.on('data', (chunk: Buffer) => said.push(chunk));
    child.once('error', reject);
    child.once('close', resolve);
  }).catch((error: unknown) => {
    throw new Failure('Unavailable', `running ${program} inside the target: ${String(error)}`);
  });
  if (code === 0) return;
  const text = Buffer.concat(said).toString('utf8').trim().replaceAll(/\s+/g, ' ').slice(-500);
  throw new Failure('Unavailable', `${[program, ...args].join(' ')} inside the target: ${text}`);
}

/** An empty folder in memory over what is there; false when nothing is. `mode`: octal. */
export async function hideFolder(path: string, mode = '0755'): Promise<boolean> {
  if (!(await isFolder(path))) return false;
  await runTool('mount', ['-t', 'tmpfs', '-o', `mode=${mode}`, 'tmpfs', path]);
  return true;
}

/** Hides a socket behind a file that takes no connection; a socket that is not there is hidden already. */
export async function hideSocket(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isSocket() === true) await runTool('mount', ['--bind', '/dev/null', path]);
}

/** Held open, a folder can be mounted elsewhere after it was hidden. */
export function holdFolder(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDONLY | constants.O_DIRECTORY);
}

/** Puts `within` of a folder that is held at `path`. */
export async function putFolder(
  held: FileHandle,
  path: string,
  { within = '', writable }: { within?: string; writable: boolean },
): Promise<void> {
  await mkdir(path, { recursive: true });
  // Not to be made canonical: the path behind the descriptor may be hidden by now.
  const source = `/proc/self/fd/3${within === '' ? '' : `/${within}`}`;
  await runTool('mount', ['--no-canonicalize', '--bind', source, path], held);
  await runTool('mount', ['-o', `remount,bind,${writable ? 'rw' : 'ro'}`, path]);
}

/** Makes every mount read-only; what is mounted from now on can be written. */
export async function makeAllReadOnly(): Promise<void> {
  for (const { point, type, device } of await mountPoints()) {
    try {
      await runTool('mount', ['-o', 'remount,bind,ro', point]);
    } catch (error) {
      if (OF_THE_KERNEL.test(type) || !(await isUppermost(point, device))) continue;
      throw error;
    }
  }
}

interface MountPoint {
  point: string;
  type: string;
  /** `major:minor`. */
  device: string;
}

async function mountPoints(): Promise<MountPoint[]> {
  const text = await readFile('/proc/self/mountinfo', 'utf8');
  return text.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , device, , point] = before.split(' ');
    const [type = ''] = after.split(' ');
    return device === undefined || point === undefined
      ? []
      : [{ device, type, point: withoutEscapes(point) }];
  });
}

/** Spaces and their like are octal in the kernel's table. */
function withoutEscapes(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

/** What another mount covers, or nobody may enter, cannot be reached. */
async function isUppermost(point: string, device: string): Promise<boolean> {
  const found = await stat(point).catch(() => undefined);
  if (found === undefined) return false;
  const major = (found.dev >> 8) & 0xfff;
  const minor = (found.dev & 0xff) | ((found.dev >> 12) & 0xfff00);
  return `${major}:${minor}` === device;
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() === true;
}
