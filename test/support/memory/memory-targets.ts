// Isolated targets in memory for several systems at a time: what fails next, how the fence holds and what a service
// answers, each for the targets of one system.
import type { IsolationProbe } from '../../../src/domain/recovery/isolation.ts';
import type { IsolationPort, ServiceStart } from '../../../src/ports/isolation.ts';
import type { Failure } from '../../../src/domain/failure.ts';
import { untilAborted } from './memory-backups.ts';
import type { MemoryIsolation } from './memory-isolation.ts';

export interface MemoryTargets {
  /** Those that are there, by name. */
  open: MemoryIsolation['targets'];
  /** Every change that was asked for, `open drill-1`. */
  asked: string[];
  started: ServiceStart[];
  /** Why this machine cannot isolate. */
  unable: string | undefined;
  /** By system, what every place comes to; all as it should be without it. */
  fence: Map<string, Pick<IsolationProbe, 'inside' | 'outside'>>;
  /** What a service answers, by system and path; 200 and `ok` without it. */
  answers: Map<string, { status: number; body: string }>;
  /** By system, how its services end right after their last golden answer. */
  ends: Map<string, string>;
  /** The next call of this verb about a target of this system fails, before it does anything. */
  failNext: (verb: keyof IsolationPort, failure: Failure, system: string) => void;
  /** The next start in a target of this system waits until it is cancelled; resolves when it is there. */
  hangStart: (system: string) => Promise<void>;
}

export function scriptedTargets(memory: MemoryIsolation): {
  isolation: IsolationPort;
  targets: MemoryTargets;
} {
  const failures: { verb: keyof IsolationPort; failure: Failure; system: string }[] = [];
  const hangs = new Map<string, () => void>();
  const targets: MemoryTargets = {
    open: memory.targets,
    asked: memory.asked,
    started: [],
    unable: undefined,
    fence: new Map(),
    answers: new Map(),
    ends: new Map(),
    failNext: (verb, failure, system) => failures.push({ verb, failure, system }),
    hangStart: (system) => new Promise((resolve) => hangs.set(system, resolve)),
  };
  memory.script.enter = async (verb, target) => {
    const index = failures.findIndex((one) => one.verb === verb && target.includes(one.system));
    const [failed] = index < 0 ? [] : failures.splice(index, 1);
    if (failed !== undefined) throw failed.failure;
  };
  const fenceOf = (target: string) =>
    [...targets.fence].find(([system]) => target.includes(system))?.[1];
  const answerOf = (target: string, path: string) =>
    [...targets.answers].find(
      ([key]) => key.endsWith(path) && target.includes(key.replace(path, '')),
    )?.[1];
  const isolation: IsolationPort = {
    ...memory,
    unable: async () => targets.unable,
    probe: async (input, waiting) => {
      const probes = await memory.probe(input, waiting);
      const seen = fenceOf(input.target);
      return seen === undefined ? probes : probes.map((probe) => ({ ...probe, ...seen }));
    },
    start: async (input, waiting) => {
      const [system, reach] = [...hangs].find(([one]) => input.target.includes(one)) ?? [];
      if (system !== undefined && reach !== undefined) {
        hangs.delete(system);
        reach();
        await untilAborted(waiting.signal);
      }
      const answer = await memory.start(input, waiting);
      targets.started.push(input);
      return answer;
    },
    endedSince: async ({ target }) =>
      [...targets.ends].find(([system]) => target.includes(system))?.[1],
    ask: async (input, waiting) => {
      const answer = await memory.ask(input, waiting);
      return { ...answer, ...answerOf(input.target, input.path) };
    },
  };
  return { isolation, targets };
}
