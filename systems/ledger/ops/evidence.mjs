// What shows an attack on the ledger's machine, as rows of JSON: node ops/evidence.mjs processes|connections|files. It reads /proc
// and the ledger's own folder and changes nothing. `keep NAME` writes all three, whole, into evidence/NAME; `digests NAME` prints the
// SHA-256 of each file, by which a record seals them, and fails where one is not there. Arguments and environments of processes are left out: secrets may be in them.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, readlink, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const [verb = '', name = 'breach'] = process.argv.slice(2);

/** What is gone meanwhile, or nobody may read, is left out. */
const orNothing = (promise) => promise.catch(() => undefined);
const pids = async () => (await readdir('/proc')).filter((name) => /^\d+$/.test(name));

async function processAt(pid) {
  const [status, program, folder, about] = await Promise.all([
    orNothing(readFile(`/proc/${pid}/status`, 'utf8')),
    orNothing(readlink(`/proc/${pid}/exe`)),
    orNothing(readlink(`/proc/${pid}/cwd`)),
    orNothing(stat(`/proc/${pid}`)),
  ]);
  const field = (name) => new RegExp(`^${name}:\\s+(\\d+|\\S+)`, 'm').exec(status ?? '')?.[1];
  if (status === undefined || program === undefined) return [];
  const [parent, user, since] = [field('PPid'), field('Uid'), about?.ctime.toISOString()];
  return [{ pid: Number(pid), parent: Number(parent), user: Number(user), since, program, folder }];
}

/** Which process has a socket, by the number of the socket. */
async function owners() {
  const found = new Map();
  for (const pid of await pids()) {
    for (const fd of (await orNothing(readdir(`/proc/${pid}/fd`))) ?? []) {
      const [, inode] =
        /^socket:\[(\d+)\]$/.exec((await orNothing(readlink(`/proc/${pid}/fd/${fd}`))) ?? '') ?? [];
      if (inode !== undefined) found.set(inode, Number(pid));
    }
  }
  return found;
}

/** `0100007F:1F90` → `127.0.0.1:8080`; addresses of IPv6 stay in hexadecimal digits, as the kernel has them. */
function place(hex) {
  const [address, port] = hex.split(':');
  const number = Number.parseInt(port, 16);
  if (address.length !== 8) return `[${address}]:${number}`;
  const bytes = address.match(/../g).map((one) => Number.parseInt(one, 16));
  return `${bytes.toReversed().join('.')}:${number}`;
}

const STATES = { '01': 'connected', '02': 'connecting', '0A': 'listens' };

async function connectionsIn(file, of) {
  const lines = ((await orNothing(readFile(file, 'utf8'))) ?? '').trim().split('\n').slice(1);
  return lines.flatMap((line) => {
    const [, here, there, state, , , , user, , inode] = line.trim().split(/\s+/);
    if (STATES[state] === undefined) return [];
    return [
      {
        state: STATES[state],
        here: place(here),
        there: place(there),
        user: Number(user),
        pid: of.get(inode) ?? null,
      },
    ];
  });
}

async function filesIn(folder) {
  const entries = (await orNothing(readdir(folder, { withFileTypes: true }))) ?? [];
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return filesIn(path);
      if (!entry.isFile()) return [{ path, kind: 'no ordinary file' }];
      const [bytes, about] = [await readFile(path), await stat(path)];
      const digest = sha256(bytes);
      return [
        {
          path,
          bytes: bytes.length,
          changed: about.mtime.toISOString(),
          user: about.uid,
          sha256: digest,
        },
      ];
    }),
  );
  return found.flat();
}

const LISTS = {
  processes: async () => (await Promise.all((await pids()).map(processAt))).flat(),
  connections: async () => {
    const of = await owners();
    return (
      await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map((one) => connectionsIn(one, of)))
    ).flat();
  },
  files: async () =>
    (await Promise.all(['app', 'versions', 'ops', 'runbooks'].map(filesIn))).flat(),
};

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const folder = join('evidence', name);

const fileOf = (list) => join(folder, `${list}.jsonl`);

async function keep() {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const writing = Object.entries(LISTS).map(async ([list, ask]) => {
    const text = (await ask()).map((row) => `${JSON.stringify(row)}\n`).join('');
    await writeFile(`${fileOf(list)}.part`, text, { mode: 0o600 });
    await rename(`${fileOf(list)}.part`, fileOf(list));
  });
  await Promise.all(writing);
}

const digests = () =>
  Promise.all(
    Object.keys(LISTS).map(async (list) => {
      const bytes = await readFile(fileOf(list));
      return { file: fileOf(list), bytes: bytes.length, sha256: sha256(bytes) };
    }),
  );

if (verb === 'keep') await keep();
else if (verb === 'digests') console.log(JSON.stringify(await digests()));
else if (Object.hasOwn(LISTS, verb)) console.log(JSON.stringify(await LISTS[verb]()));
else
  throw new Error(`${verb} is no verb: ${[...Object.keys(LISTS), 'keep', 'digests'].join(', ')}`);
