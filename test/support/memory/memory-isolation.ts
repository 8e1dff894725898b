// Isolated targets in memory, for tests of workflows: leaks, silence, services that do not start and answers are as the
// script says, and everything that was asked is kept.
import type {
  TargetMount,
  IsolationPort,
  ServiceStart,
  TargetState,
} from '../../../src/ports/isolation.ts';
import type { IsolationProbe, LivePlace, Reach } from '../../../src/domain/recovery/isolation.ts';
import { Failure } from '../../../src/domain/failure.ts';

/** Datastores and services are named as in the system file; what is not mentioned goes well. */
export interface IsolationScript {
  unable?: string;
  /** Datastores that can be reached inside. */
  leaks?: readonly string[];
  /** Datastores that give no answer inside. */
  silent?: readonly string[];
  /** Datastores that cannot be reached outside. */
  down?: readonly string[];
  /** Services that do not start, and what they say. */
  failingStarts?: Readonly<Record<string, string>>;
  /** By path; others are answered with 200 and `ok`. */
  answers?: Readonly<Record<string, { status: number; body: string }>>;
  /** What a close fails with. */
  failingClose?: string;
  /** Runs before every verb: may wait, fail, or change something. */
  enter?: (verb: keyof IsolationPort, target: string) => Promise<void>;
}

export interface MemoryTarget extends TargetState {
  live: LivePlace[];
  mounts: TargetMount[];
  services: ServiceStart[];
}

export interface MemoryIsolation extends IsolationPort {
  /** May be changed between two steps. */
  script: IsolationScript;
  /** Those that are open, by name. */
  targets: Map<string, MemoryTarget>;
  /** Every change that was asked for, `open drill-1`, in its order. */
  asked: string[];
}

export function memoryIsolation(script: IsolationScript = {}): MemoryIsolation {
  const targets = new Map<string, MemoryTarget>();
  const asked: string[] = [];
  let createdAt = 1_700_000_000_000;
  const found = (target: string): MemoryTarget => {
    const there = targets.get(target);
    if (there !== undefined) return there;
    throw new Failure('NotFound', `there is no isolated target ${target}; open it first`);
  };
  const enter = async (verb: keyof IsolationPort, target: string): Promise<void> => {
    if (verb !== 'probe' && verb !== 'ask') asked.push(`${verb} ${target}`);
    await memory.script.enter?.(verb, target);
  };
  const memory: MemoryIsolation = {
    ...{ script, targets, asked },
    unable: async () => memory.script.unable,
    open: async ({ target, owner, live }) => {
      await enter('open', target);
      if (memory.script.unable !== undefined) {
        throw new Failure('Unavailable', memory.script.unable);
      }
      const there = targets.get(target);
      if (there !== undefined && there.owner.workflowId !== owner.workflowId) {
        throw new Failure('Refused', `the isolated target ${target} belongs to another operation`);
      }
      if (there !== undefined) {
        there.owner = owner;
        return;
      }
      createdAt += 1;
      targets.set(target, { target, owner, createdAt, live, mounts: [], services: [] });
    },
    probe: async ({ target, live }) => {
      await enter('probe', target);
      const { live: hidden } = found(target);
      return live.map((place) => probed(place, hidden, memory.script));
    },
    mount: async ({ target, mounts }) => {
      await enter('mount', target);
      found(target).mounts.push(...mounts);
      return '';
    },
    start: async (input) => {
      await enter('start', input.target);
      const { services } = found(input.target);
      const problem = memory.script.failingStarts?.[input.service];
      if (problem !== undefined) {
        throw new Failure('CheckFailed', `${input.service} does not run on the copy: ${problem}`);
      }
      services.push(input);
      return { detail: `${input.service} was ready after 1 ms` };
    },
    ask: async ({ target, port, path }) => {
      await enter('ask', target);
      if (!found(target).services.some((service) => service.port === port)) {
        const message = `GET ${path} on port ${port} of the isolated target ${target}: ECONNREFUSED`;
        throw new Failure('CheckFailed', message);
      }
      return { ...(memory.script.answers?.[path] ?? { status: 200, body: 'ok' }), ms: 1 };
    },
    endedSince: async () => undefined,
    close: async ({ target, owner }) => {
      await enter('close', target);
      const { failingClose } = memory.script;
      if (failingClose !== undefined) throw new Failure('Unavailable', failingClose);
      if (targets.get(target)?.owner.workflowId === owner.workflowId) targets.delete(target);
    },
    list: async () =>
      [...targets.values()].map(({ target, owner, createdAt: at }) => ({
        ...{ target, owner },
        createdAt: at,
      })),
  };
  return memory;
}

function probed(place: LivePlace, hidden: LivePlace[], script: IsolationScript): IsolationProbe {
  const { datastore } = place;
  const isOut = place.kind === 'folder' && !hidden.some((one) => one.datastore === datastore);
  const inside: Reach =
    isOut || script.leaks?.includes(datastore) === true
      ? 'reached'
      : script.silent?.includes(datastore) === true
        ? 'silent'
        : 'refused';
  const outside: Reach = script.down?.includes(datastore) === true ? 'refused' : 'reached';
  return { place, inside, outside, detail: `inside ${inside}, outside ${outside}` };
}
