// Makes the report from the evidence, and from nothing else. A list that was cut anywhere (the operation still
// runs, or was lost) gives a report too: what is not known yet is null.
import type { EvidenceEntry } from './evidence.ts';
import type { Plan } from '../operation/plan.ts';
import { verifyChain } from './evidence-chain.ts';
import { childrenOf } from './report-children.ts';
import { overlap } from '../time/intervals.ts';
import { timingsOf, waitsForPeople } from './report-timings.ts';
import type { Report, ReportSummary } from './report.ts';
import type { SignedHead } from './evidence-chain.ts';

type Entry<Type extends EvidenceEntry['type']> = Extract<EvidenceEntry, { type: Type }>;

/**
 * The chain of hashes is verified too, unless whoever calls has just made the entries: that costs a hash of each.
 */
export function buildReport(
  entries: readonly EvidenceEntry[],
  { verify = true, signed }: { verify?: boolean; signed?: SignedHead | undefined } = {},
): Report {
  const report = emptyReport(entries);
  addSignature(report, signed);
  for (const entry of entries) add(report, entry);
  const closed = entries.findLast((entry) => entry.type === 'closed');
  const waits = waitsForPeople(entries);
  for (const step of report.steps) {
    step.waitedForPeopleMs = overlap(waits, step.startedAt, step.endedAt ?? entries.at(-1)?.at);
  }
  const known = waits.filter(({ from, to }) => Number.isFinite(from) && Number.isFinite(to));
  report.waits = known.map(({ from, to }) => ({
    startedAt: new Date(from).toISOString(),
    endedAt: new Date(to).toISOString(),
  }));
  report.timings = timingsOf(entries, waits);
  Object.assign(report, childrenOf(entries));
  if (closed === undefined) report.leftovers = stillToUndo(report);
  report.clean = report.outcome !== null && report.leftovers.length === 0;
  report.findings.push(...(verify ? alterations(entries) : []), ...unfinished(report));
  return report;
}

/** The short form of a report, for a failure's details and a workflow's result. */
export function summarise(report: Report): ReportSummary {
  const { schema, operation, runId, kind, system, outcome, verdict, serving, clean } = report;
  const { message, leftovers, findings, backups } = report;
  return {
    schema,
    operation,
    runId,
    kind,
    system,
    outcome,
    verdict,
    serving,
    clean,
    message,
    leftovers,
    findings,
    ...(backups !== undefined && { backups }),
  };
}

function emptyReport(entries: readonly EvidenceEntry[]): Report {
  return {
    schema: 'fairlead/report/v1',
    operation: '',
    runId: '',
    kind: '',
    system: '',
    systemDigest: '',
    requestedBy: null,
    reason: null,
    outcome: null,
    verdict: null,
    serving: null,
    clean: false,
    message: null,
    startedAt: entries[0]?.at ?? null,
    endedAt: null,
    plan: null,
    steps: [],
    decisions: [],
    verdicts: [],
    weights: [],
    timings: [],
    undo: [],
    messages: [],
    notices: [],
    leftovers: [],
    findings: [],
    evidence: {
      entries: [...entries],
      head: entries.at(-1)?.hash ?? null,
      signature: null,
      publicKey: null,
    },
  };
}

/** Puts one entry into the report. Entries of types that only a later version knows are passed over. */
function add(report: Report, entry: EvidenceEntry): void {
  switch (entry.type) {
    case 'opened':
      addOpening(report, entry);
      return;
    case 'planned':
      report.plan = entry.plan;
      addBackups(report, entry.plan);
      return;
    case 'step':
      addStep(report, entry);
      return;
    case 'parked':
      report.findings.push(`parked at ${entry.step}: ${entry.problem}`);
      return;
    case 'finding':
      report.findings.push(entry.text);
      return;
    case 'closed':
      addEnd(report, entry);
      return;
    default:
      addRow(report, entry);
  }
}

/** The backups that the plan is about: of a verification the one to be proved, of a recovery those to be restored. */
function addBackups(report: Report, { backup, backups }: Plan): void {
  if (backup !== undefined) report.backups = [backup];
  if (backups !== undefined) report.backups = [...backups];
}

/** A signature counts only when what it signed is the hash of the last of these entries. */
function addSignature({ evidence }: Report, signed: SignedHead | undefined): void {
  if (signed === undefined || signed.head !== evidence.head) return;
  evidence.signature = signed.signature;
  evidence.publicKey = signed.publicKey;
}

function addOpening(report: Report, entry: Entry<'opened'>): void {
  const { operation, runId, kind, system, systemDigest, requestedBy, reason } = entry;
  Object.assign(report, { operation, runId, kind, system, systemDigest, requestedBy, reason });
}

function decisionRow(
  entry: Extract<EvidenceEntry, { type: 'decision' }>,
): Report['decisions'][number] {
  const { gate, decision, actor, trust, reason, at, digest, signature, key } = entry;
  const signed = signature !== undefined && key !== undefined ? { signature, key } : {};
  return { gate, decision, actor, trust, reason, at, digest, ...signed };
}

function addRow(report: Report, entry: EvidenceEntry): void {
  switch (entry.type) {
    case 'weights': {
      const { at, service, versions } = entry;
      report.weights.push({ at, service, versions });
      return;
    }
    case 'verdict': {
      const { step, name, verdict, reason, samples } = entry;
      const { reads, series, distributions, expected, got } = entry;
      const shown = {
        ...(reads && { reads }),
        ...(series && { series }),
        ...(distributions && { distributions }),
        ...(expected !== undefined && { expected }),
        ...(got !== undefined && { got }),
      };
      report.verdicts.push({ step, name, verdict, reason, samples, ...shown });
      return;
    }
    case 'decision': {
      report.decisions.push(decisionRow(entry));
      return;
    }
    case 'message': {
      const { name, actor, accepted, note, reason, at } = entry;
      report.messages.push({ name, actor, accepted, note, reason, at });
      return;
    }
    case 'undo': {
      const { step, verb, status, detail } = entry;
      report.undo.push({ step, verb, status, detail });
      return;
    }
    case 'brought': {
      const { at, step, look } = entry;
      report.brought = [...(report.brought ?? []), { at, step, look }];
      return;
    }
    case 'backup':
      report.backups = [...(report.backups ?? []), entry.backup];
      return;
    case 'candidate':
      addCandidate(report, entry);
      return;
    case 'notice':
      addNotice(report, entry);
      return;
    default:
      return;
  }
}

function addCandidate(report: Report, { backup, passedOver, reason }: Entry<'candidate'>): void {
  report.backups = (report.backups ?? []).map((one) => (one.id === passedOver ? backup : one));
  report.findings.push(`${passedOver} was found bad and passed over for ${backup.id}: ${reason}`);
}

/** A notice that could not be delivered is a finding too, so that nobody has to search the notices for it. */
function addNotice(report: Report, entry: Entry<'notice'>): void {
  const { at, event, channel, about, delivered, reason } = entry;
  const why = reason === undefined ? {} : { reason };
  report.notices?.push({ at, event, channel, about, delivered, ...why });
  if (!delivered) {
    report.findings.push(
      `could not tell ${channel} that ${about}: ${reason ?? 'nobody knows why'}`,
    );
  }
}

/** A step that was tried again stays one row: from its first start to its last end. */
function addStep(report: Report, entry: Entry<'step'>): void {
  const endedAt = entry.status === 'started' ? null : entry.at;
  const known = report.steps.find((step) => step.id === entry.id);
  const detail = entry.detail === undefined ? {} : { detail: entry.detail };
  if (known !== undefined) {
    const attempts = Math.max(known.attempts, entry.attempts);
    Object.assign(known, { status: entry.status, endedAt, attempts, ...detail });
    return;
  }
  const { id, title, status, attempts, at } = entry;
  report.steps.push({
    id,
    title,
    status,
    startedAt: at,
    endedAt,
    attempts,
    waitedForPeopleMs: 0,
    ...detail,
  });
}

function addEnd(report: Report, entry: Entry<'closed'>): void {
  const { outcome, verdict, serving, message, leftovers, at } = entry;
  Object.assign(report, {
    outcome,
    verdict,
    serving,
    message,
    leftovers: [...leftovers],
    endedAt: at,
  });
}

/** Sentences on the undos that an operation which was cut off had not finished. */
function stillToUndo(report: Report): string[] {
  return report.undo
    .filter((undo) => undo.status !== 'done')
    .map((undo) => `${undo.step}: ${undo.verb} ${undo.status}: ${undo.detail}`);
}

/** Findings on steps that were begun and have no recorded end, though the operation is over: neither an undo nor a child has it. */
function unfinished({ outcome, steps, undo, children = [] }: Report): string[] {
  if (outcome === null) return [];
  const isKnown = (id: string): boolean =>
    undo.some(({ step, status }) => step === id && status === 'done') ||
    children.some((child) => child.step === id && child.outcome !== null);
  return steps
    .filter(({ id, endedAt }) => endedAt === null && !isKnown(id))
    .map(({ id }) =>
      outcome === 'aborted' || outcome === 'preempted'
        ? `${id} was under way when the operation was ${outcome}, and how far it came was not recorded`
        : `${id} was begun, and how it ended was not recorded`,
    );
}

/** A finding that names the first entry that was altered, if one was. */
function alterations(entries: readonly EvidenceEntry[]): string[] {
  const altered = verifyChain(entries);
  return altered === undefined ? [] : [`the evidence was altered: ${altered}`];
}
