// Isolated targets on Linux: each is a set of namespaces with a small runner inside, which is asked through a Unix
// socket in the target's folder. Used by worker-assembly; what is made inside is in inside/.
import { createHash } from 'node:crypto';
import type { TargetMount, IsolationPort, ServiceStart } from '../../../ports/isolation.ts';
import type { IsolationProbe, LivePlace } from '../../../domain/recovery/isolation.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Waiting } from '../../../ports/waiting.ts';
import { Failure } from '../../../domain/failure.ts';
import { machineId } from '../../../machine/machine-id.ts';
import { filledIn } from './credentials.ts';
import { startDetached, startRunner, whyUnable } from './namespaces.ts';
import { ownProgram } from '../../../machine/own-modules.ts';
import {
  askedSchema,
  looksSchema,
  nothing,
  SERVICE_NAME,
  serviceStateSchema,
  type Asked,
  type Look,
  type StartRequest,
} from './protocol.ts';
import { listeningSockets, lookAt } from './reach.ts';
import { answers, askRunner } from './runner-client.ts';
import { serviceUser } from '../../../machine/service-user.ts';
import { placeOf } from './live-places.ts';
import { giveCopy } from './mapped-users.ts';
import { probeServers } from './probe-servers.ts';
import { createTargets, type StoredTarget, type Targets } from './targets.ts';

const PROBE_MS = 2000;
const LOOK_AGAIN_MS = 50;
/** So long after its last answer a service has to run. */
const STILL_RUNS_MS = 1000;
const RELAY_UP_MS = 20_000;

export interface IsolationOptions {
  /** Where targets are kept. */
  folder: string;
  /** Fairlead's own folders: nobody inside sees them. */
  hide: readonly string[];
  /** Where copies lie: hidden too, until one is bound. */
  copies: string;
  clock: Clock;
}

export function createIsolation(options: IsolationOptions): IsolationPort {
  const targets = createTargets(options.folder);
  return {
    unable: whyUnable,
    open: (input, waiting) => open(input, waiting, targets, options),
    probe: async ({ target, live }, waiting) =>
      probe(await targets.openFolder(target), live, waiting),
    mount: async ({ target, mounts }, waiting) => {
      const folder = await targets.openFolder(target);
      const seen = await probeServers(mounts, waiting);
      for (const one of mounts) await mount(folder, one, waiting, options.clock);
      return seen;
    },
    start: async (input, waiting) =>
      start(await targets.openFolder(input.target), input, waiting, options.clock),
    ask: async ({ target, ...request }, waiting) => {
      const answer = await asked(await targets.openFolder(target), request, waiting);
      if ('status' in answer) return answer;
      const { port, path } = request;
      const message = `GET ${path} on port ${port} of the isolated target ${target}: ${answer.problem}`;
      throw new Failure('CheckFailed', message);
    },
    endedSince: async ({ target, service }, { signal }) => {
      await options.clock.sleep(STILL_RUNS_MS, signal);
      const folder = await targets.openFolder(target);
      return (await askRunner(folder, { verb: 'look', service }, serviceStateSchema, signal)).ended;
    },
    close: async ({ target, owner }, { signal }) => {
      const there = await targets.stateOf(target);
      // After a Reset another run closes what the first one opened.
      if (there !== undefined && there.owner.workflowId !== owner.workflowId) return;
      refuseElsewhere(there);
      await targets.remove(target, signal);
    },
    list: () => targets.list(),
  };
}

async function open(
  input: Parameters<IsolationPort['open']>[0],
  waiting: Waiting,
  targets: Targets,
  { folder: root, hide, copies, clock }: IsolationOptions,
): Promise<void> {
  const { target, owner, system, directory } = input;
  const live = input.live.flatMap((place) => (place.kind === 'folder' ? [place.path] : []));
  const asked = JSON.stringify({ directory, live: input.live });
  const there = await targets.stateOf(target);
  if (there !== undefined) refuseOthers(there, { ...input, asked });
  refuseElsewhere(there);
  const folder = targets.folder(target);
  if (there?.state === 'open' && (await isUp(folder, waiting))) {
    // After a Reset another run goes on with the target of the first one.
    if (there.owner.runId !== owner.runId) await targets.save({ ...there, owner });
    return;
  }
  await targets.remove(target, waiting.signal);
  const made = { target, owner, system, asked, createdAt: clock.now(), machine: machineId() };
  const begun: StoredTarget = { ...made, state: 'opening' };
  await targets.save(begun);
  await startRunner(folder, waiting);
  const sockets = await listeningSockets();
  const request = { directory, live, copies, sockets, hide: [root, ...hide] };
  await askRunner(folder, { verb: 'fence', ...request }, nothing, waiting.signal);
  await targets.save({ ...begun, state: 'open' });
}

/** What runs in a target can be reached and ended on its machine only. */
function refuseElsewhere(there: StoredTarget | undefined): void {
  if (there?.machine === undefined || there.machine === machineId()) return;
  throw new Failure(
    'Refused',
    `the isolated target ${there.target} is on the machine ${there.machine}, and this is ${machineId()}: a worker there has to do it`,
  );
}

function refuseOthers(
  there: StoredTarget,
  { target, owner, asked }: Parameters<IsolationPort['open']>[0] & { asked: string },
): void {
  const { workflowId, runId } = there.owner;
  const isOwn = owner.workflowId === workflowId;
  if (isOwn && there.asked === asked) return;
  const whose = isOwn ? 'was opened with other live places' : `belongs to ${workflowId} (${runId})`;
  const message = `opening the isolated target ${target}: it ${whose}; close it, or name another`;
  throw new Failure('Refused', message);
}

function isUp(folder: string, { signal }: Waiting): Promise<boolean> {
  return askRunner(folder, { verb: 'ping' }, nothing, signal).then(
    () => true,
    () => false,
  );
}

/** Both sides at the same moment: what is down for both proves nothing. */
async function probe(
  folder: string,
  live: readonly LivePlace[],
  { signal, beat }: Waiting,
): Promise<IsolationProbe[]> {
  const places = await Promise.all(live.map(placeOf));
  beat({ probing: live.length });
  const [insides, outsides] = await Promise.all([
    askRunner(folder, { verb: 'probe', places }, looksSchema, signal),
    Promise.all(places.map((place) => lookAt(place, PROBE_MS))),
  ]);
  return live.map((place, index) => compared(place, insides[index], outsides[index]));
}

function compared(place: LivePlace, inside?: Look, outside?: Look): IsolationProbe {
  if (inside === undefined || outside === undefined) {
    throw new Failure('Broken', `probing ${place.datastore}: the runner answered fewer places`);
  }
  const isOther = inside.identity !== undefined && inside.identity !== outside.identity;
  const seen: Look = isOther ? { reach: 'refused', said: 'another folder is there' } : inside;
  const detail = `inside ${seen.reach} (${seen.said}), outside ${outside.reach} (${outside.said})`;
  return { place, inside: seen.reach, outside: outside.reach, detail };
}

async function mount(
  folder: string,
  { place, copy }: TargetMount,
  waiting: Waiting,
  clock: Clock,
): Promise<void> {
  if (place.kind === 'folder' && copy.kind === 'folder') {
    const request = { path: place.path, copy: copy.directory };
    await giveCopy(copy.directory, place.path);
    return askRunner(folder, { verb: 'bindFolder', ...request }, nothing, waiting.signal).then();
  }
  if (place.kind === 'address' && copy.kind === 'address') {
    const relay = await ensureRelay(folder, copy, waiting, clock);
    const request = { host: place.host, port: place.port, relay };
    return askRunner(folder, { verb: 'bindAddress', ...request }, nothing, waiting.signal).then();
  }
  const what = place.kind === 'folder' ? 'is a folder' : 'is an address';
  const message = `mounting ${place.datastore}: it ${what}, and its copy is of kind ${copy.of}`;
  throw new Failure('BadInput', message);
}

/** A process outside that carries what the runner hands it to the copy's server; it is ended with the target. */
async function ensureRelay(
  folder: string,
  { host, port }: { host: string; port: number },
  { signal }: Waiting,
  clock: Clock,
): Promise<string> {
  const name = createHash('sha256').update(`${host} ${port}`).digest('hex').slice(0, 16);
  const socket = `relay-${name}.sock`;
  if (await answers(folder, socket, signal)) return socket;
  const run = await startDetached(
    process.execPath,
    [...ownProgram('platforms/local/isolation/relay'), socket, `${host}:${port}`],
    {
      folder,
      log: `relay-${name}.log`,
    },
  );
  const until = performance.now() + RELAY_UP_MS;
  while (!(await answers(folder, socket, signal))) {
    if (run.ended() !== undefined || performance.now() > until) {
      const why = run.ended() ?? 'it does not listen';
      throw new Failure('Unavailable', `carrying connections to ${host}:${port}: ${why}`);
    }
    await clock.sleep(LOOK_AGAIN_MS, signal);
  }
  return socket;
}

async function start(
  folder: string,
  {
    service,
    command,
    directory,
    user,
    environment,
    port,
    health,
    deadlineMs,
    copies,
  }: ServiceStart,
  waiting: Waiting,
  clock: Clock,
): Promise<{ detail: string }> {
  if (!SERVICE_NAME.test(service) || command.length === 0) {
    throw new Failure('BadInput', `starting ${service}: it has no usable name, or no command`);
  }
  const { environment: own, secrets } = await filledIn(
    { PORT: String(port), HOST: '127.0.0.1', ...environment },
    copies,
  );
  const more = { ...(secrets.length > 0 && { secrets }), ...(await whoRuns({ directory, user })) };
  const program = { service, command, directory, environment: own, ...more };
  await askRunner(folder, { verb: 'start', ...program }, nothing, waiting.signal);
  const began = performance.now();
  const said = `${service} (${command.join(' ').slice(0, 200)})`;
  for (;;) {
    waiting.beat({ starting: service });
    const look = { verb: 'look' as const, service };
    const { ended } = await askRunner(folder, look, serviceStateSchema, waiting.signal);
    if (ended !== undefined) {
      throw new Failure('CheckFailed', `${said} does not run on the copy: ${ended}`);
    }
    const { path, timeoutMs } = health;
    const answer = await asked(folder, { port, path, timeoutMs }, waiting);
    const ms = Math.round(performance.now() - began);
    const what = describeHealth(answer);
    if ('status' in answer && answer.status >= 200 && answer.status < 400) {
      return { detail: `${service} was ready after ${ms} ms: GET ${path} ${what}` };
    }
    if (ms > deadlineMs) {
      const message = `${said} was not ready within ${deadlineMs} ms: GET ${path} on port ${port}: ${what}`;
      throw new Failure('CheckFailed', message);
    }
    await clock.sleep(LOOK_AGAIN_MS, waiting.signal);
  }
}

/** As live: the user that the system file names, or the owner of the folder, where root starts it; else whoever this worker is. */
async function whoRuns(program: {
  directory: string;
  user: string | undefined;
}): Promise<Pick<StartRequest, 'user'>> {
  if (process.getuid?.() !== 0) return {};
  const { directory, user } = program;
  const found = await serviceUser({ directory, ...(user !== undefined && { user }) });
  return found === undefined ? {} : { user: { uid: found.uid, gid: found.gid } };
}

function describeHealth(answer: Asked): string {
  return 'status' in answer ? `answered ${answer.status}` : answer.problem;
}

function asked(
  folder: string,
  request: { port: number; path: string; timeoutMs: number },
  { signal }: Waiting,
): Promise<Asked> {
  return askRunner(folder, { verb: 'ask', ...request }, askedSchema, signal);
}
