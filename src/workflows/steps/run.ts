// The state of one operation while it runs, and how what happens is recorded.
import { CancellationScope, workflowInfo } from '@temporalio/workflow';
import type { LeaseRef } from '../../activities/leases.ts';
import type { Place } from '../../activities/platforms.ts';
import type { Service } from '../../config/system.ts';
import { buildReport } from '../../domain/build-report.ts';
import type { DatastoreRef } from '../../activities/ports-data.ts';
import type { BackupSummary } from '../../domain/backup.ts';
import type { EvidenceBody, EvidenceEntry } from '../../domain/evidence.ts';
import { chain } from '../../domain/evidence-chain.ts';
import type { Gate } from '../../domain/gate.ts';
import type { Inventory } from '../../domain/inventory.ts';
import type { RungResult } from '../../domain/ladder.ts';
import type { LoadedSystem } from '../../domain/loaded-system.ts';
import type { Message } from '../../domain/message.ts';
import type { Weights } from '../../domain/model.ts';
import { leasedBy, operationId } from '../../domain/operation.ts';
import type { OperationState, Outcome } from '../../domain/outcome.ts';
import type { OperationKind, Plan } from '../../domain/plan.ts';
import type { Report } from '../../domain/report.ts';
import type { OperationRequest } from '../../domain/request.ts';
import type { RunbookState } from '../../domain/runbook-state.ts';
import type { SignedHead } from '../../domain/signed-head.ts';
import type { Verdict } from '../../domain/verdict.ts';
import { logEntry } from './logged.ts';

/** Something that ends what is going on now. */
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
  /** Entries that are recorded with it, each with the reason in it. */
  decision?: Omit<Extract<EvidenceBody, { type: 'decision' }>, 'reason' | 'type'>;
}

/** Of which datastore: a drill climbs the ladders of several. */
export interface ClimbedRung extends RungResult {
  datastore: string;
}

export interface PendingNotice {
  cancel: () => void;
}

export interface Run {
  readonly kind: OperationKind;
  readonly request: OperationRequest;
  readonly operation: string;
  /** The reason as it may be shown. */
  reason: string | null;
  state: OperationState;
  loaded?: LoadedSystem;
  plan?: Plan;
  book?: RunbookState;
  /** The step being done, as people see it. */
  step?: string;
  gates: Gate[];
  /** Approvals and rejections that came before their gate. */
  early: { name: 'approve' | 'reject'; message: Message }[];
  paused?: { by: string };
  interrupt?: Interrupt;
  answer?: { type: 'retryStep' | 'adopt' | 'skipStep'; by: string };
  promotion?: { full: boolean; by: string };
  /** What goes on now and ends on an interrupt. */
  scope?: CancellationScope;
  /** The bake that goes on now, which a pause or a promotion ends early. */
  bake?: CancellationScope;
  leases: Record<string, LeaseRef>;
  /** What this operation last read back. */
  weights: Record<string, Weights>;
  /** What it was about to set, until that was read back. */
  attempted: Map<string, Weights>;
  entries: EvidenceEntry[];
  /** How many of the entries were sent with an activity that was done. */
  written: number;
  received: Received[];
  receivedCount: number;
  refusal?: { name: string; actor: string | null; reason: string; at: string };
  sequence: number;
  aliveAt: number;
  /** How long people were waited for so far, without the wait that goes on now. */
  waitedMs: number;
  /** Since when people are waited for now (ms). */
  waitingSince?: number;
  /** What the step that is being done took until now. */
  spent?: Spent;
  outcome?: Outcome;
  /** The sentence it ended with. */
  message?: string;
  /** How the change of the step went, until its bake is over too. */
  done?: { id: string; attempts: number; detail: string };
  /** The page is to be made anew once all messages of this moment are in. */
  pageDue?: true;
  /** Whom it waits for before it may begin. */
  turn?: string;
  /** Backups that were taken, in order. */
  taken: BackupSummary[];
  /** Rungs that were climbed, in order. */
  rungs: ClimbedRung[];
  /** What there was before a drill. */
  inventory?: Inventory;
  /** What people are being told now. */
  notices: Set<PendingNotice>;
  /** Somebody of a higher rank waits for the leases. */
  hurried?: true;
  /** The leases were given back before the record was closed. */
  gaveBack?: true;
  /** The signature of its closed record. */
  signed?: SignedHead;
  /** Cancelled from outside, which is how it has to end. */
  cancelled?: true;
}

/** Milliseconds, by what they were spent on. */
export interface Spent {
  step: string;
  label: string;
  working: number;
  waiting: number;
}

export const MOST_RECORDS = 100;

export function newRun(kind: OperationKind, request: OperationRequest): Run {
  return {
    kind,
    request,
    operation: operationId(kind, request),
    reason: null,
    state: 'running',
    gates: [],
    early: [],
    leases: {},
    weights: {},
    attempted: new Map(),
    entries: [],
    written: 0,
    received: [],
    receivedCount: 0,
    taken: [],
    rungs: [],
    notices: new Set(),
    sequence: 0,
    aliveAt: Date.now(),
    waitedMs: 0,
  };
}

/** Adds an entry to the record, and a line to the log; it is written with the next activity. */
export function record(run: Run, body: EvidenceBody, at = now()): void {
  run.entries.push(chain(run.entries.at(-1), at, body));
  logEntry(run, body);
}

/** The workflow's clock, ISO 8601. */
export function now(): string {
  return new Date(Date.now()).toISOString();
}

export function recordOpening(run: Run): void {
  const { workflowId, runId } = workflowInfo();
  record(run, {
    type: 'opened',
    operation: run.operation,
    kind: run.kind,
    system: run.request.system,
    systemDigest: run.loaded?.digest ?? '',
    workflowId,
    runId,
    requestedBy: run.request.requestedBy ?? null,
    reason: run.reason,
  });
}

/** When the operation was opened, ms. */
export function beganAt(run: Run): number {
  return Date.parse(run.entries[0]?.at ?? now());
}

export function reportOf(run: Run): Report {
  return buildReport(run.entries, { verify: false, signed: run.signed });
}

export function loadedOf(run: Run): LoadedSystem {
  if (run.loaded === undefined) throw new Error('a step before the system was loaded');
  return run.loaded;
}

export function planOf(run: Run): Plan {
  if (run.plan === undefined) throw new Error('a step before the plan was made');
  return run.plan;
}

export function bookOf(run: Run): RunbookState {
  if (run.book === undefined) throw new Error('a step before the runbook was opened');
  return run.book;
}

export function placeIn(run: Run, service: string): Place {
  return { system: run.request.system, service, platform: configOf(run, service).platform };
}

/** What the system file says of a service. */
export function configOf(run: Run, service: string): Service {
  const config = loadedOf(run).system.services[service];
  if (config === undefined) throw new Error(`a step on ${service}, which the system does not have`);
  return config;
}

/** What it holds the leases of; what it makes for all of them is made under the first, for they are held together. */
export function leasedNames(run: Run): [string, ...string[]] {
  const [first, ...others] = leasedBy(run.kind, run.request, loadedOf(run).system);
  if (first === undefined) throw new Error('an operation on nothing');
  return [first, ...others];
}

/** A datastore as its activities are told of it. */
export function storeIn(run: Run, datastore: string): DatastoreRef {
  const loaded = loadedOf(run);
  const settings = loaded.system.datastores?.[datastore];
  if (settings === undefined) throw new Error(`a step on ${datastore}, which is not there`);
  return { system: loaded.name, datastore, directory: loaded.directory, settings };
}

/** Verdicts that were given at a step, newest of each name. */
export function verdictsAt(run: Run, step: string): { name: string; verdict: Verdict }[] {
  const found = new Map<string, Verdict>();
  for (const entry of run.entries) {
    if (entry.type === 'verdict' && entry.step === step) found.set(entry.name, entry.verdict);
  }
  return [...found].map(([name, verdict]) => ({ name, verdict }));
}

/** The gate that is open now. */
export function openGateOf(run: Run): Gate | undefined {
  return run.gates.find((gate) => gate.decided === undefined);
}

export function replaceGate(run: Run, gate: Gate): void {
  run.gates = run.gates.map((one) => (one.id === gate.id ? gate : one));
}
