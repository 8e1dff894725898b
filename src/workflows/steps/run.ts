// The state of one operation while it runs, in the parts that its functions take.
import { workflowInfo, type CancellationScope } from '@temporalio/workflow';
import type { Held } from '../../activities/freezes.ts';
import type { LeaseRef } from '../../activities/leases/leases.ts';
import { buildReport } from '../../domain/record/build-report.ts';
import type { EvidenceBody, EvidenceEntry } from '../../domain/record/evidence.ts';
import type { BakeProgress } from '../../domain/analysis/bake-progress.ts';
import { underIn } from '../../domain/operation/child.ts';
import type { HandOver } from '../../domain/operation/status.ts';
import type { Gate } from '../../domain/people/gate.ts';
import type { LoadedSystem } from '../../domain/loaded-system.ts';
import type { Message } from '../../domain/people/message.ts';
import type { Weights } from '../../domain/rollout/model.ts';
import type { OperationState, Outcome } from '../../domain/operation/outcome.ts';
import type { Plan, PlanStep } from '../../domain/operation/plan.ts';
import type { StepResult } from '../../domain/operation/step-result.ts';
import type { Report } from '../../domain/record/report.ts';
import type { OperationRequest } from '../../domain/operation/request.ts';
import type { MachineState } from '../../domain/operation/machine-state.ts';
import type { SignedHead } from '../../domain/record/evidence-chain.ts';
import type { PersonAsk } from '../../domain/steps/person-ask.ts';
import type { Opening } from '../../domain/time/maintenance.ts';
import type { GateWatch, WaitingFor } from './gate-watch-state.ts';
import { operationAsked } from '../../runbooks/index.ts';
import type { Runbook } from '../../runbooks/runbook.ts';
/** An abort by a person, or a preemption: it ends what is going on now. */
export type Interrupt =
  { type: 'abort'; keep: boolean; by: string } | { type: 'preempted'; by: string };

/** A message as it was received; its reason is raw until the redactor has seen it. */
export interface Received {
  name: string;
  actor: string | null;
  accepted: boolean;
  note: string;
  reason: string | null;
  /** When it came, ISO 8601; it is recorded a little later. */
  at: string;
  /** Note or name quote what was typed, which only the redactor may pass on. */
  quotes?: true;
  /** It ends what was waited for, and is answered with the last verdict of the gate watch. */
  decides?: WaitingFor['at'];
  /** Entries that are recorded with it, each with the reason in it. */
  decision?: Omit<Extract<EvidenceBody, { type: 'decision' }>, 'reason' | 'type'>;
}

export interface PendingNotice {
  cancel: () => void;
}

/** What the operation works from. */
export interface Basis {
  /** The reason as it may be shown. */
  reason: string | null;
  loaded?: LoadedSystem;
  plan?: Plan;
  /** Digests of the system and the plan, as they are kept for activities. */
  kept: { system?: string; plan?: string };
}

/** What is written of the operation. */
export interface OperationRecord {
  entries: EvidenceEntry[];
  /** How many of the entries were sent with an activity that was done. */
  written: number;
  /** The run whose activity was answered last: a Reset keeps the answers of the run before it. */
  runId?: string;
  /** It is being closed, or is closed: what happens from now on is in none of its entries. */
  isClosing?: true;
  /** The signature of the closed record. */
  signed?: SignedHead;
}

/** An answer to a gate that was handed over after the gate's deadline; it may have come in time. */
export interface LateAnswer {
  name: 'approve' | 'reject';
  message: Message;
  /** The gate's id. */
  gate: string;
  /** Which of the signals of this name, from 0. */
  nth: number;
}

/** What a step asks a person for. */
export interface AskedPerson extends PersonAsk {
  step: string;
  /** ISO 8601 */
  since: string;
  answer?: { by: string; option?: string };
}

/** What people were asked, and what they sent. */
export interface People {
  gates: Gate[];
  /** Approvals and rejections that came before their gate. */
  early: { name: 'approve' | 'reject'; message: Message }[];
  /** How many signals of each name came. */
  signals: Record<string, number>;
  late: LateAnswer[];
  paused?: { by: string };
  /** What is judged while people are waited for. */
  watch?: GateWatch;
  interrupt?: Interrupt;
  /** What a step of a runbook of steps asks a person for now. */
  asked?: AskedPerson;
  /** To a parked step. */
  answer?: { type: 'retryStep' | 'adopt' | 'skipStep'; by: string };
  promotion?: { full: boolean; by: string };
  /** Who looks after it, once it was handed over. */
  handOver?: HandOver;
  /** Messages that are not recorded yet. */
  received: Received[];
  receivedCount: number;
  refusedCount: number;
  /** The last message that was refused. */
  refusal?: { name: string; actor: string | null; reason: string; at: string };
  /** What people are being told now. */
  notices: Set<PendingNotice>;
  /** How long people were waited for so far, without the wait that goes on now. */
  waitedMs: number;
  /** Since when people are waited for now (ms). */
  waitingSince?: number;
  /** An operation of a higher rank waits for the leases. */
  mustGiveWay?: true;
}

/** The leases that are held, and the changes that were made under them. */
export interface Leases {
  held: Record<string, LeaseRef>;
  /** Those of the operation that started this one, which works under them and does not give them back. */
  borrowed: Record<string, LeaseRef>;
  /** A lease that was found free when the system was loaded. */
  free?: string;
  /** It can be done, and nothing holds it: others may be made to give way. */
  looked?: true;
  /** Counts the changes. */
  sequence: number;
  /** True when the leases were given back before the record was closed. */
  gaveBack?: true;
}

/** The freeze that the operation took, while it has it; and what it found closed. */
export interface Freezing {
  /** No change window was open when the operation was loaded. */
  closed?: Held | undefined;
  /** When the maintenance window opens that it waits for. */
  opens?: Opening | undefined;
  /** An operation that it is a child of has frozen the system. */
  isUnder?: true;
  taken?: { scope: CancellationScope; over: Promise<void> };
}

/** The traffic of each service as this operation knows it. */
export interface Traffic {
  /** As it was read back last. */
  weights: Record<string, Weights>;
  /** What was about to be set, until that was read back. */
  attempted: Map<string, Weights>;
}

/** Where the operation is. */
export interface Progress {
  state: OperationState;
  machine?: MachineState;
  /** The step being done, as people see it. */
  step?: string;
  /** What the steps came to. */
  results: { step: PlanStep; result: StepResult }[];
  /** What goes on now and ends on an interrupt. */
  scope?: CancellationScope;
  /** The bake that goes on now, which a pause or a promotion ends early. */
  bake?: CancellationScope;
  /** How far the newest bake, of this step, came: the next one of it counts on from there. */
  baked?: { step: string; progress: BakeProgress };
  /** When a worker was known to be there last (ms). */
  aliveAt: number;
  /** What the step that is being done took until now. */
  spent?: Spent;
  /** The sentence that says whose lease is waited for before the operation may begin. */
  leaseWait?: string;
  /** What keeps it from its next change now. */
  held?: Held;
  outcome?: Outcome;
  /** The sentence it ended with. */
  message?: string;
  /** Cancelled from outside, which is how it has to end. */
  cancelled?: true;
}

/** The state of one operation while it runs. */
export interface Run {
  readonly runbook: Runbook;
  readonly request: OperationRequest;
  readonly operation: string;
  readonly basis: Basis;
  readonly record: OperationRecord;
  readonly people: People;
  readonly leases: Leases;
  readonly freezing: Freezing;
  readonly traffic: Traffic;
  readonly progress: Progress;
}

/** Milliseconds, by what they were spent on. */
export interface Spent {
  step: string;
  label: string;
  working: number;
  waiting: number;
}

export const MOST_RECORDS = 100;

export function newRun(runbook: Runbook, request: OperationRequest): Run {
  const { memo, parent } = workflowInfo();
  const under = parent === undefined ? undefined : underIn(memo);
  return {
    runbook,
    request,
    operation: operationAsked(runbook, request),
    basis: { reason: null, kept: {} },
    record: { entries: [], written: 0 },
    people: {
      gates: [],
      early: [],
      signals: {},
      late: [],
      received: [],
      receivedCount: 0,
      refusedCount: 0,
      notices: new Set(),
      waitedMs: 0,
    },
    leases: { held: {}, borrowed: under?.leases ?? {}, sequence: under?.sequence ?? 0 },
    freezing: under?.frozen === true ? { isUnder: true } : {},
    traffic: { weights: {}, attempted: new Map() },
    progress: { state: 'running', results: [], aliveAt: Date.now() },
  };
}

/** The workflow's clock, ISO 8601. */
export function now(): string {
  return new Date(Date.now()).toISOString();
}

/** When the operation was opened, ms. */
export function beganAt(run: Run): number {
  return Date.parse(run.record.entries[0]?.at ?? now());
}

export function reportOf(run: Run): Report {
  return buildReport(run.record.entries, { verify: false, signed: run.record.signed });
}

export function loadedOf(run: Run): LoadedSystem {
  if (run.basis.loaded === undefined) throw new Error('a step before the system was loaded');
  return run.basis.loaded;
}

export function planOf(run: Run): Plan {
  if (run.basis.plan === undefined) throw new Error('a step before the plan was made');
  return run.basis.plan;
}

/** What activities of steps are told of the plan. */
export function keptPlanOf({ basis: { kept } }: Run): string {
  if (kept.plan === undefined) throw new Error('a step of a plan that is not kept');
  return kept.plan;
}

export function machineOf(run: Run): MachineState {
  if (run.progress.machine === undefined) throw new Error('a step before there was anything to do');
  return run.progress.machine;
}

/** The lease that changes of a service or datastore are made under: its own, or its parent's. */
export function leaseOn({ leases: { held, borrowed } }: Run, name: string): LeaseRef | undefined {
  return held[name] ?? borrowed[name];
}

/** Names whose leases it works under, sorted. */
export function leasedNames({ leases: { held, borrowed } }: Run): string[] {
  return [...new Set([...Object.keys(held), ...Object.keys(borrowed)])].sort();
}

/** The gate that is open now. */
export function openGateOf({ gates }: People): Gate | undefined {
  return gates.find((gate) => gate.decided === undefined);
}

export function replaceGate(people: People, gate: Gate): void {
  people.gates = people.gates.map((one) => (one.id === gate.id ? gate : one));
}
