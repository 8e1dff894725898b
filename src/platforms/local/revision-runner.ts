// Keeps the replicas of one revision as many, and of the generation, that its record asks for: starts what is
// missing, with back-off after crashes, replaces one after the other on a restart, drains what is too many.
import { join } from 'node:path';
import type { RevisionCondition } from '../../domain/rollout/model.ts';
import { hiding } from '../../integrations/secrets.ts';
import { tryListening } from '../../machine/port-holder.ts';
import {
  programOf,
  isAlive,
  signalGroup,
  type ProcessIdentity,
} from '../../machine/process-identity.ts';
import { endOfLog } from './end-of-log.ts';
import { Replica, type Patience, type ReplicaEvents } from './replica.ts';
import { secretsOf, startProcess } from './start-process.ts';
import type { ReplicaRecord, RevisionRecord } from './state.ts';

const GOOD_HEALTH = 10_000;
const CRASH_LOOP = { exits: 5, within: 60_000 };
const BACK_OFF = { first: 100, most: 10_000 };
/** After SIGTERM, before SIGKILL. */
const GRACE = 3000;

export interface RunnerContext {
  hostId: string;
  /** Folder of this service's logs. */
  logs: string;
  save(): Promise<void>;
  /** A replica became ready, or is not any more, or the revision is gone. */
  changed(): void;
  warn(message: string): void;
}

export class RevisionRunner {
  readonly record: RevisionRecord;
  readonly #context: RunnerContext;
  #replicas: Replica[] = [];
  #turn = 0;
  #busy = false;
  #again = false;
  #closed = false;
  #wake: NodeJS.Timeout | undefined;
  #nextStart = 0;
  #quickExits = 0;
  #recentExits: number[] = [];
  #problem: string | undefined;
  /** What the last of its replicas printed before it ended, and where all of that is; what is read of a log comes later than the end. */
  #said = '';
  #wasReady = false;
  /** Replicas that are being ended, with what they started. */
  #ending = 0;
  #left: ProcessIdentity[] = [];

  constructor(record: RevisionRecord, context: RunnerContext) {
    this.record = record;
    this.#context = context;
  }

  get ready(): number {
    return this.#replicas.filter((replica) => replica.available).length;
  }

  /** True when nothing is left of a revision that is being removed. */
  get gone(): boolean {
    return this.record.removing && this.#replicas.length === 0 && !this.#busy && this.#ending === 0;
  }

  /** Every replica is there, ready and of the present generation. */
  get settled(): boolean {
    const { desired, generation } = this.record;
    return (
      this.#replicas.length === desired &&
      this.#replicas.every((one) => one.available && one.record.generation === generation)
    );
  }

  get condition(): RevisionCondition {
    const { desired } = this.record;
    if (desired === 0 || this.record.removing) return 'stopped';
    if (this.#crashLoops(performance.now())) return 'crashLoop';
    if (this.ready >= desired) return 'ready';
    return this.#wasReady ? 'degraded' : 'starting';
  }

  /** Why it is not ready: how its last process ended, or what its processes answer when they are asked for their health. */
  get problem(): string | undefined {
    if (this.condition === 'ready') return undefined;
    const first = this.#wasReady ? 'it was ready, then ' : '';
    const ended = this.#problem && `${first}${this.#problem}${this.#said}`;
    // A process in the place of one that ended does not listen at once.
    const asked = this.#replicas.filter((one) => ended === undefined || !one.isSilentStart);
    const [complaint] = asked.flatMap((one) => one.complaint ?? []);
    return this.condition === 'crashLoop' ? ended : (complaint ?? ended);
  }

  /** What its replicas started and could not be ended with them. */
  get left(): ProcessIdentity[] {
    return this.#left.filter(isAlive);
  }

  #logOf(n: number): string {
    return join(this.#context.logs, `${this.record.spec.id}.${n}.log`);
  }

  /** Asks every replica for its health now: what the last checks found may be an interval old. */
  async look(): Promise<void> {
    await Promise.all(this.#replicas.map((one) => one.look()));
  }

  has(except: ReadonlySet<Replica>): boolean {
    return this.#replicas.some((one) => one.available && !except.has(one));
  }

  /** The ready replica with the fewest open requests, in turns among equals. */
  pick(except: ReadonlySet<Replica>): Replica | undefined {
    const candidates = this.#replicas.filter((one) => one.available && !except.has(one));
    const least = Math.min(...candidates.map((one) => one.open));
    const idle = candidates.filter((one) => one.open === least);
    this.#turn += 1;
    return idle[this.#turn % idle.length];
  }

  /** Takes over what a host before this one started. Resolves after the first health checks. */
  async adopt(): Promise<void> {
    const living = this.record.replicas.filter((one) => isAlive(one));
    const died = this.record.replicas.length - living.length;
    if (died > 0) {
      this.record.crashes += died;
      this.#problem = `${died} replicas ended while the local host was away`;
    }
    const { spec } = this.record;
    this.#replicas = living.map(
      (record) => new Replica({ spec, record, log: this.#logOf(record.n) }, null, this.#events()),
    );
    this.#note();
    await Promise.all(this.#replicas.map((one) => one.check()));
  }

  /** Brings the replicas to what the record asks for; returns before they are ready. */
  async reconcile(): Promise<void> {
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    try {
      do {
        this.#again = false;
        await this.#step();
      } while (this.#stale());
    } finally {
      this.#busy = false;
    }
    if (this.gone) this.#context.changed();
  }

  /** Ends every replica. Nothing is started afterwards. */
  async shutDown(patience: Patience): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#wake);
    await Promise.all(this.#replicas.map((one) => this.#noting(one.drainAndEnd(patience))));
  }

  async #step(): Promise<void> {
    const target = this.record.removing ? 0 : this.record.desired;
    const active = this.#replicas.filter((one) => !one.draining);
    const current = active.filter((one) => one.record.generation === this.record.generation);
    const old = active.filter((one) => !current.includes(one));
    // While old ones are being replaced, one more than asked for may run.
    const room = target + (old.length > 0 ? 1 : 0) - active.length;
    const missing = Math.min(target - current.length, room);
    for (let i = 0; i < missing && !this.#closed; i += 1) await this.#start();
    this.#endSurplus(active, active.length - target, target > 0 ? old : []);
  }

  /** `old` ones go only while everything that replaces them is ready; without any, the least useful. */
  #endSurplus(active: Replica[], surplus: number, old: Replica[]): void {
    if (surplus <= 0) return;
    if (old.length === 0) {
      const leastUseful = [...active].sort(
        (a, b) => Number(a.ready) - Number(b.ready) || b.record.n - a.record.n,
      );
      for (const one of leastUseful.slice(0, surplus)) this.#end(one);
    } else if (active.every((one) => one.ready || old.includes(one))) {
      for (const one of old.slice(0, surplus)) this.#end(one);
    }
  }

  #stale(): boolean {
    return this.#again && !this.#closed;
  }

  async #start(): Promise<void> {
    const wait = this.#nextStart - performance.now();
    if (wait > 0) {
      clearTimeout(this.#wake);
      this.#wake = setTimeout(() => void this.reconcile(), wait);
      return;
    }
    const { spec, generation } = this.record;
    const taken = new Set(this.#replicas.map((one) => one.record.n));
    let n = 1;
    while (taken.has(n)) n += 1;
    try {
      const port = await tryListening(0);
      const log = this.#logOf(n);
      const started = await startProcess({ spec, port, hostId: this.#context.hostId, log });
      const { pid, startTime, mark } = started;
      const record: ReplicaRecord = { n, pid, startTime, port, mark, generation };
      if (this.#closed) {
        signalGroup(pid, 'SIGKILL');
        return;
      }
      const replica = new Replica({ spec, record, log }, started.child, this.#events());
      if (replica.gone) return;
      this.#replicas.push(replica);
      this.#note();
      void replica.check();
      await this.#context.save();
    } catch (error) {
      this.#crashed(error instanceof Error ? error.message : String(error), false);
    }
  }

  #end(replica: Replica): void {
    const drain = this.record.spec.drain;
    void this.#noting(replica.drainAndEnd({ drain, grace: GRACE })).then(() => this.reconcile());
  }

  /** Keeps what could not be ended. */
  async #noting(ending: Promise<ProcessIdentity[]>): Promise<void> {
    this.#ending += 1;
    const left = await ending.finally(() => (this.#ending -= 1));
    this.#left = [...this.left, ...left];
    for (const { pid } of left) {
      const { id } = this.record.spec;
      this.#context.warn(
        `process ${pid}, which ${id} started, could not be ended: ${programOf(pid)}`,
      );
    }
  }

  #events(): ReplicaEvents {
    return {
      others: (replica) =>
        new Set(this.#replicas.filter((one) => one !== replica).map((one) => one.record.pid)),
      readiness: () => {
        this.#wasReady ||= this.ready > 0;
        this.#context.changed();
        void this.reconcile();
      },
      exited: (replica, how) => {
        this.#replicas = this.#replicas.filter((one) => one !== replica);
        this.#note();
        if (!replica.draining) {
          const { n, pid } = replica.record;
          const long = replica.longestHealth(performance.now()) >= GOOD_HEALTH;
          this.#crashed(`replica ${n} (process ${pid}) ${how}`, long);
          void this.#tellEnd(n);
          void this.#noting(replica.endOffspring()).then(() => this.reconcile());
        }
        this.#context.changed();
        void this.reconcile();
        this.#context.save().catch((error: unknown) => {
          this.#context.warn(`writing the state after an exit: ${String(error)}`);
        });
      },
    };
  }

  #crashed(problem: string, wasHealthyForLong: boolean): void {
    const now = performance.now();
    this.record.crashes += 1;
    this.#problem = problem;
    this.#quickExits = wasHealthyForLong ? 1 : this.#quickExits + 1;
    if (!wasHealthyForLong)
      this.#recentExits = [...this.#recentExits, now].slice(-CRASH_LOOP.exits);
    const delay = Math.min(BACK_OFF.first * 2 ** (this.#quickExits - 1), BACK_OFF.most);
    this.#nextStart = now + delay;
    this.#context.warn(`${this.record.spec.system}/${this.record.spec.service}: ${problem}`);
    this.#again = true;
  }

  async #tellEnd(n: number): Promise<void> {
    const log = this.#logOf(n);
    const printed = await endOfLog(log, hiding(await secretsOf(this.record.spec)));
    const said = printed === '' ? 'it printed nothing' : `it printed last: ${printed}`;
    this.#said = `; ${said}; its log is ${log}`;
  }

  #crashLoops(now: number): boolean {
    if (this.#replicas.some((one) => one.healthyFor(now) >= GOOD_HEALTH)) this.#recentExits = [];
    const recent = this.#recentExits.filter((at) => now - at < CRASH_LOOP.within);
    return recent.length >= CRASH_LOOP.exits;
  }

  #note(): void {
    this.record.replicas = this.#replicas.map((one) => one.record);
  }
}
