// Ends what an `up` of a data folder runs, from another process: `up` itself by SIGTERM, and what one that was killed left.
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lockHolder } from '../machine/lock-file.ts';
import { isOurs } from '../machine/own-file.ts';
import { processesIn } from '../machine/processes-in.ts';
import { isAlive, signalProcess, type ProcessIdentity } from '../machine/process-identity.ts';
import { ChildrenFile, endChild, hostOf, type ChildName } from './children.ts';
import { StartFailure } from './start-failure.ts';

export interface EndedProcess {
  name: 'up' | ChildName;
  pid: number;
}

export interface Down {
  ended: EndedProcess[];
  /** What had not ended when the time was over. */
  left: EndedProcess[];
  /** Servers of copies that go on, by the folder of the copy: what people look into outlives `up`. */
  copies: { folder: string; pids: number[] }[];
}

type Running<Name extends EndedProcess['name'] = EndedProcess['name']> = {
  name: Name;
  pid: number;
  identity: ProcessIdentity;
};

const LOOK_EVERY_MS = 50;
/** As `up` ends them. */
const ORDER: readonly ChildName[] = ['hooks', 'worker', 'host', 'temporal'];

/** Resolves when nothing of it runs any more, or `withinMs` is over. `copies`: the folder of copies, absolute. Throws StartFailure (6) for what is another user's. */
export async function endEmbedded(
  data: string,
  { withinMs, copies, say }: { withinMs: number; copies: string; say: (line: string) => void },
): Promise<Down> {
  const until = performance.now() + withinMs;
  const up = upOf(data);
  const children = childrenOf(data);
  if (up !== undefined) {
    say(`ending \`up\` (pid ${up.pid}) and what it runs ...`);
    if (!signalProcess(up.identity, 'SIGTERM') && isAlive(up.identity)) throw strangers(data, up);
    while (isAlive(up.identity) && performance.now() < until) await sleep(LOOK_EVERY_MS);
  }
  // Whatever outlived `up`, or was left by one that was killed, is nobody's any more.
  const outlived = up === undefined || !isAlive(up.identity) ? childrenOf(data) : [];
  for (const { name, identity } of outlived) await endChild(name, identity);
  const all: Running[] = [...(up === undefined ? [] : [up]), ...children];
  all.push(...outlived.filter(({ pid }) => all.every((one) => one.pid !== pid)));
  const shown = ({ name, pid }: Running): EndedProcess => ({ name, pid });
  return {
    ended: all.filter(({ identity }) => !isAlive(identity)).map(shown),
    left: all.filter(({ identity }) => isAlive(identity)).map(shown),
    copies: copiesIn(copies),
  };
}

/** A copy is a folder right below `root`, and its server works in it. */
function copiesIn(root: string): Down['copies'] {
  const names = existsSync(root) ? readdirSync(root) : [];
  return names.flatMap((name) => {
    const folder = join(realpathSync(root), name);
    const pids = processesIn(folder).map(({ pid }) => pid);
    return pids.length === 0 ? [] : [{ folder, pids }];
  });
}

/** The `up` that holds the lock of the folder, if one does. */
function upOf(data: string): Running<'up'> | undefined {
  const lock = join(data, 'up.lock');
  if (!existsSync(lock)) return undefined;
  if (!isOurs(lock)) throw foreign(lock);
  const identity = lockHolder(lock);
  if (identity === undefined) return undefined;
  return own(data, { name: 'up', pid: identity.pid, identity });
}

/** What an `up` launched there and that still runs. */
function childrenOf(data: string): Running<ChildName>[] {
  const path = join(data, 'children.json');
  if (existsSync(path) && !isOurs(path)) throw foreign(path);
  const file = new ChildrenFile(data);
  return ORDER.flatMap((name) => {
    const identity = name === 'host' ? hostOf(file, data) : file.get(name);
    if (identity === undefined || !isAlive(identity)) return [];
    return [own(data, { name, pid: identity.pid, identity })];
  });
}

/** Root could end anybody's, and is not to. */
function own<Name extends EndedProcess['name']>(
  data: string,
  running: Running<Name>,
): Running<Name> {
  const user = statSync(`/proc/${running.pid}`, { throwIfNoEntry: false })?.uid;
  if (user === undefined || user === process.getuid?.()) return running;
  throw strangers(data, running);
}

function foreign(path: string): StartFailure {
  return new StartFailure(
    6,
    `${path} is another user's file: nothing was ended; run \`fairlead down\` as that user`,
  );
}

function strangers(data: string, { name, pid }: EndedProcess): StartFailure {
  return new StartFailure(
    6,
    `${name} (pid ${pid}) of ${data} is another user's process: nothing was ended; run \`fairlead down\` as that user`,
  );
}
