// The port to isolated targets in memory. `targets` is what a test reaches into: what fails or hangs next, how the fence
// holds, what the service inside answers, what there is.
import type {
  Binding,
  FenceProbe,
  IsolationPort,
  Owner,
  ServiceStart,
} from '../../src/activities/ports-isolation.ts';
import type { Waiting } from '../../src/activities/ports.ts';
import { Failure } from '../../src/domain/failure.ts';

export type IsolationVerb = keyof IsolationPort;

interface MemoryTarget {
  owner: Owner;
  system: string;
  bindings: Binding[];
  services: Map<string, ServiceStart>;
}

export interface MemoryTargets {
  open: Map<string, MemoryTarget>;
  /** Every target that was ever opened, and every service that was started in one. */
  opened: string[];
  started: ServiceStart[];
  /** Why this machine cannot isolate. */
  unable: string | undefined;
  /** What the probes of the system's targets find; all as it should be without it. */
  fence: Map<string, Pick<FenceProbe, 'inside' | 'outside'>>;
  /** What a system's service answers, by path; 200 and `outstanding` without it. */
  answers: Map<string, { status: number; body: string }>;
  /** The next call of this verb about this system fails, before it does anything. */
  failNext: (verb: IsolationVerb, failure: Failure, system?: string) => void;
  /** The next call of this verb waits until it is cancelled; `reached` resolves when it is there. */
  hangNext: (verb: IsolationVerb) => { reached: Promise<void> };
  /** The next close says that all is well and removes nothing. */
  forgetNextClose: boolean;
}

export function memoryIsolation(): { isolation: IsolationPort; targets: MemoryTargets } {
  const failures: { verb: IsolationVerb; failure: Failure; system: string }[] = [];
  const hangs: { verb: IsolationVerb; reach: () => void }[] = [];
  const targets: MemoryTargets = {
    open: new Map(),
    opened: [],
    started: [],
    unable: undefined,
    fence: new Map(),
    answers: new Map(),
    failNext: (verb, failure, system = '') => failures.push({ verb, failure, system }),
    hangNext: (verb) => {
      let reach = (): void => undefined;
      const reached = new Promise<void>((resolve) => {
        reach = resolve;
      });
      hangs.push({ verb, reach });
      return { reached };
    },
    forgetNextClose: false,
  };
  const enter = async (verb: IsolationVerb, target: string, waiting?: Waiting): Promise<void> => {
    const index = failures.findIndex((one) => one.verb === verb && target.includes(one.system));
    const [failed] = index < 0 ? [] : failures.splice(index, 1);
    if (failed !== undefined) throw failed.failure;
    const held = hangs.findIndex((one) => one.verb === verb);
    const [hang] = held < 0 ? [] : hangs.splice(held, 1);
    if (hang === undefined || waiting === undefined) return;
    hang.reach();
    await untilAborted(waiting.signal);
  };
  const found = (target: string): MemoryTarget => {
    const there = targets.open.get(target);
    if (there !== undefined) return there;
    throw new Failure('NotFound', `there is no target ${target}`);
  };
  const isolation: IsolationPort = {
    unable: async () => targets.unable,
    open: async ({ target, owner, system }, waiting) => {
      targets.open.set(target, { owner, system, bindings: [], services: new Map() });
      targets.opened.push(target);
      await enter('open', target, waiting);
    },
    probe: async ({ target, live }, waiting) => {
      await enter('probe', target, waiting);
      const { system } = found(target);
      const seen = targets.fence.get(system) ?? { inside: 'refused', outside: 'reached' };
      return live.map((place) => ({ place, ...seen, detail: 'a probe in memory' }));
    },
    bind: async ({ target, bindings }, waiting) => {
      await enter('bind', target, waiting);
      found(target).bindings = bindings;
    },
    start: async (input, waiting) => {
      await enter('start', input.target, waiting);
      found(input.target).services.set(input.service, input);
      targets.started.push(input);
      return { detail: `${input.health.path} answered after 10 ms` };
    },
    ask: async ({ target, path }, waiting) => {
      await enter('ask', target, waiting);
      const { system, services } = found(target);
      if (services.size === 0) throw new Failure('CheckFailed', 'nothing listens there');
      const answer = targets.answers.get(`${system}${path}`);
      return { ...(answer ?? { status: 200, body: 'outstanding' }), ms: 1 };
    },
    close: async (target, waiting) => {
      await enter('close', target, waiting);
      if (targets.forgetNextClose) targets.forgetNextClose = false;
      else targets.open.delete(target);
    },
    list: async () =>
      [...targets.open].map(([target, { owner }]) => ({ target, owner, createdAt: 0 })),
  };
  return { isolation, targets };
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => {
      reject(new Failure('Unavailable', 'stopped'));
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
  });
}
