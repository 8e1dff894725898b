// Keeps the replicas of one revision as many, and of the generation, that its record asks for: starts what is
// missing, with back-off after crashes, replaces one after the other on a restart, drains what is too many.
import { join } from 'node:path';
import type { RevisionCondition } from '../../domain/model.ts';
import { tryListening } from '../../machine/port-holder.ts';
import { isAlive, signalGroup } from '../../machine/process-identity.ts';
import { Replica, type Patience } from './replica.ts';
import { startProcess } from './start-process.ts';
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
  #wasReady = false;

  constructor(record: RevisionRecord, context: RunnerContext) {
    this.record = record;
    this.#context = context;
  }

  get ready(): number {
    return this.#replicas.filter((replica) => replica.available).length;
  }

  /** Nothing is left of a revision that is being removed. */
  get gone(): boolean {
    return this.record.removing && this.#replicas.length === 0 && !this.#busy;
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
    if (this.#crashLoops(Date.now())) return 'crashLoop';
    if (this.ready >= desired) return 'ready';
    return this.#wasReady ? 'degraded' : 'starting';
  }

  get problem(): string | undefined {
    return this.condition === 'ready' ? undefined : this.#problem;
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
    this.#replicas = living.map((one) => new Replica(this.record.spec, one, null, this.#events()));
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
    await Promise.all(this.#replicas.map((one) => one.drainAndEnd(patience)));
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
    const wait = this.#nextStart - Date.now();
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
      const log = join(this.#context.logs, `${spec.id}.${n}.log`);
      const started = await startProcess({ spec, port, hostId: this.#context.hostId, log });
      const { pid, startTime } = started;
      const record: ReplicaRecord = { n, pid, startTime, port, generation };
      if (this.#closed) {
        signalGroup(pid, 'SIGKILL');
        return;
      }
      const replica = new Replica(spec, record, started.child, this.#events());
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
    void replica.drainAndEnd({ drain, grace: GRACE }).then(() => this.reconcile());
  }

  #events() {
    return {
      readiness: () => {
        this.#wasReady ||= this.ready > 0;
        this.#context.changed();
        void this.reconcile();
      },
      exited: (replica: Replica, how: string) => {
        this.#replicas = this.#replicas.filter((one) => one !== replica);
        this.#note();
        if (!replica.draining) {
          const { n, pid } = replica.record;
          const long = replica.longestHealth(Date.now()) >= GOOD_HEALTH;
          this.#crashed(
            `replica ${n} (process ${pid}) ${how}; see its log ${this.record.spec.id}.${n}.log`,
            long,
          );
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
    const now = Date.now();
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

  #crashLoops(now: number): boolean {
    if (this.#replicas.some((one) => one.healthyFor(now) >= GOOD_HEALTH)) this.#recentExits = [];
    const recent = this.#recentExits.filter((at) => now - at < CRASH_LOOP.within);
    return recent.length >= CRASH_LOOP.exits;
  }

  #note(): void {
    this.record.replicas = this.#replicas.map((one) => one.record);
  }
}
