// Binds activity functions to the ports of a worker. Every one has the signature `(input, call, ports)`. The activity of a
// step is sent names, and its input is worked out here from the plan that is kept under them.
import { Failure } from '../domain/failure.ts';
import type { Call } from './call.ts';
import { atBoundary, type ActivityAnswer, type BoundaryPorts, type Envelope } from './boundary.ts';
import { callerOf, type Caller } from './caller.ts';
import type { LoadedSystem } from '../domain/loaded-system.ts';
import type { Kept } from './kept.ts';
import { heldChange } from './inputs/held-changes.ts';
import { refuseUnsigned } from './inputs/signed-gates.ts';
import type { StepAt } from './inputs/step-at.ts';
import type { PassedGate } from '../domain/people/signed-vote.ts';
import type { SignerPort } from '../ports/signer.ts';

export interface ActivityRow {
  /** For an activity on a whole system: makes what it works with from the kept system (undefined until it is loaded). */
  of?: (loaded: LoadedSystem | undefined, told: never) => unknown;
  // Each names the ports that it needs; `never` lets the table hold all of them.
  work: (input: never, call: Call, ports: never) => Promise<unknown>;
  /** For the activity of a step: makes what it works with from the kept plan and what the workflow tells it. */
  at?: (at: StepAt, told: never) => unknown;
  /** The answer is made of names, numbers and what was redacted before: it goes back as it is. */
  plain?: true;
  /** A change under the epoch of the run that asks, without a lease. */
  byRun?: true;
  /** A read that anybody may ask for outside a workflow; checks what such a caller sends. */
  question?: (raw: unknown) => { system: string };
}

/** What the activity of a step is sent: names, and what the workflow alone knows. */
export interface StepNames<Told = unknown> {
  /** Digest of the kept plan. */
  plan: string;
  /** The id of the step. */
  step: string;
  told: Told;
  /** Gates that were passed with signed answers, for the changes behind them. */
  passed?: PassedGate[];
}

type SentTo<Row> = Row extends {
  of: (loaded: LoadedSystem | undefined, told: infer Told) => unknown;
}
  ? Told
  : Row extends { at: (at: StepAt, told: infer Told) => unknown }
    ? StepNames<[Told] extends [never] ? Record<string, never> : Told>
    : WorkOf<Row>['input'];

type WorkOf<Row> = Row extends {
  work: (input: infer Input, call: Call, ports: infer Ports) => Promise<infer Value>;
}
  ? { input: Input; ports: Ports; value: Value }
  : never;

/** A table of activities as Temporal knows them: an envelope in, an answer out. */
export type Bound<Table> = {
  [Name in keyof Table]: (
    envelope: Envelope<SentTo<Table[Name]>>,
  ) => Promise<ActivityAnswer<WorkOf<Table[Name]>['value']>>;
};

interface Resolve {
  at: ((step: StepAt, told: unknown) => unknown) | undefined;
  of: ((loaded: LoadedSystem | undefined, told: unknown) => unknown) | undefined;
}

interface Knows {
  kept: Kept;
  signer: Pick<SignerPort, 'verifies'>;
}

/** All the ports that the activities of a table need. */
type PortsOf<Table> = BoundaryPorts & Knows & AllOf<WorkOf<Table[keyof Table]>['ports']>;

type AllOf<Union> = (Union extends unknown ? (one: Union) => void : never) extends (
  all: infer All,
) => void
  ? All
  : never;

/** The row of a step's activity: `at` works out exactly what `work` takes. */
export function named<Input, Told, Value, Ports>(
  work: (input: Input, call: Call, ports: Ports) => Promise<Value>,
  at: (at: StepAt, told: Told) => Input,
) {
  return { work, at };
}

/** The row of an activity on a system that the operation loaded: `of` works out what `work` takes. */
export function ofSystem<Input, Told, Value, Ports>(
  work: (input: Input, call: Call, ports: Ports) => Promise<Value>,
  of: (loaded: LoadedSystem | undefined, told: Told) => Input,
) {
  return { work, of };
}

export function bind<Table extends Record<string, ActivityRow>>(
  table: Table,
  ports: PortsOf<Table>,
): Bound<Table> {
  const bound = Object.entries(table).map(([name, { work, at, of, ...options }]) => {
    // The types of the table hold what each function asks for; the compiler cannot follow that row by row.
    const whole = work as (input: unknown, call: Call, all: unknown) => Promise<unknown>;
    const resolve = {
      at: at as ((step: StepAt, told: unknown) => unknown) | undefined,
      of: of as ((loaded: LoadedSystem | undefined, told: unknown) => unknown) | undefined,
    };
    return [
      name,
      atBoundary(
        ports,
        async (input, call) => {
          const own = { ...ports, clock: ports.clock.anchored?.() ?? ports.clock };
          return whole(await resolved(resolve, { name, sent: input }, call, ports), call, own);
        },
        { ...options, held: heldChange(name) },
      ),
    ];
  });
  return Object.fromEntries(bound) as Bound<Table>;
}

/** What the function works with, from the names that were sent. */
async function resolved(
  { at, of }: Resolve,
  { name, sent }: { name: string; sent: unknown },
  call: Call,
  { kept, signer }: Knows,
): Promise<unknown> {
  if (at !== undefined) {
    const names = sent as StepNames;
    const caller = await callerOf(call.run);
    const step = await stepOf(names, caller, call, kept);
    refuseUnsigned({ name, told: names.told, passed: names.passed ?? [] }, step, caller, signer);
    return at(step, names.told);
  }
  if (of === undefined) return sent;
  const loaded = call.kept === null ? undefined : await kept.system(call.kept, call);
  return of(loaded, sent);
}

/** Throws Refused for a plan of another run, and for a step that the plan does not have. */
async function stepOf(
  { plan: digest, step: id }: StepNames,
  caller: Caller,
  call: Call,
  kept: Kept,
): Promise<StepAt> {
  const { plan, system } = await kept.plan(digest, caller, call);
  const step = plan.steps.find((one) => one.id === id);
  if (step === undefined) {
    throw new Failure(
      'Refused',
      `the plan of ${plan.operation} has no step ${id}: nothing was done`,
    );
  }
  return { loaded: await kept.system(system, call), plan, step };
}
