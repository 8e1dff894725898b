// The end of an operation's record: what is served now, the closing entry, and the report made from it all.
import { buildReport, summarise } from '../../domain/record/build-report.ts';
import { Failure } from '../../domain/failure.ts';
import type { LoadedRunbook } from '../../domain/loaded-system.ts';
import type { EvidenceBody, EvidenceEntry } from '../../domain/record/evidence.ts';
import { extended } from '../../domain/record/evidence-chain.ts';
import type { Outcome, Serving } from '../../domain/operation/outcome.ts';
import type { ReportSummary } from '../../domain/record/report.ts';
import type { SignedHead } from '../../domain/record/evidence-chain.ts';
import type { Verdict } from '../../domain/analysis/verdict.ts';
import type { Weights } from '../../domain/rollout/model.ts';
import { describeWeights, normalised } from '../../domain/traffic/weights.ts';
import type { ServiceTarget } from '../../domain/rollout/service-target.ts';
import type { Call } from '../call.ts';
import { trafficOf, type Platforms } from '../platforms.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EvidencePort } from '../../ports/evidence.ts';
import type { Redactor } from '../../ports/redactor.ts';
import type { SignerPort } from '../../ports/signer.ts';
import type { RunbooksPort } from '../../ports/steps/runbooks.ts';
import type { SystemsPort } from '../../ports/systems.ts';
import { releaseLeases, type LeaseRef } from '../leases/leases.ts';
import { signRecord } from './sign-record.ts';

/** One more try may take 30 s: together well within the activity's minute. */
const PLATFORM_ANSWERS_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 500;
const SIGNING_ATTEMPTS = 4;

export interface RecordHead {
  count: number;
  /** Null for an empty record. */
  head: string | null;
}

export interface SealInput {
  /** All of them; or how many the record has to have, and the hash of the last: then they are read there. */
  entries: EvidenceEntry[] | RecordHead;
  at: string;
  outcome: Outcome;
  message: string;
  verdict: Verdict | null;
  leftovers: string[];
  places: ServiceTarget[];
  /** By service, what it last read itself: of one that has given its leases back. */
  seen?: Record<string, Weights>;
  /** The revision that this operation was to bring, if it was. */
  target: string | null;
  /** Leases that are given back once the record is closed. */
  leases?: LeaseRef[];
  system: string;
  systemDigest: string;
  /** The runbook of steps that was carried out. */
  runbook?: Pick<LoadedRunbook, 'name' | 'file' | 'digest'>;
}

interface SealPorts {
  evidence: EvidencePort;
  platforms: Platforms;
  systems: SystemsPort;
  runbooks: Pick<RunbooksPort, 'load'>;
  redactor: Redactor;
  clock: Clock;
  signer: SignerPort;
}

/**
 * Reads what is served, writes the closing entry and returns the summary of the report, with the entries that came to those
 * it was told of. Idempotent. Throws NotFound when the record is not what it was told: then it has to be told all entries.
 */
export async function seal(
  input: SealInput,
  call: Call,
  ports: SealPorts,
): Promise<{
  summary: ReportSummary;
  entries: EvidenceEntry[];
  signed: SignedHead | null;
  /** The leases were given back. */
  released: boolean;
}> {
  const { evidence } = ports;
  // An attempt before this one may have closed it, and have seen another world.
  const kept = await evidence.read(call.run);
  if (kept.at(-1)?.type !== 'closed') {
    await evidence.append(call.run, await closing(input, toldOf(input, kept), call, ports));
  }
  const written = await evidence.read(call.run);
  const { signed, problem } = await signatureOf(written, call, ports);
  const report = buildReport(written);
  report.findings.push(...problem);
  return {
    summary: summarise(report),
    entries: written.slice(isHead(input.entries) ? input.entries.count : input.entries.length),
    signed: signed ?? null,
    released: await isReleased(input, call, ports),
  };
}

function isHead(told: SealInput['entries']): told is RecordHead {
  return !Array.isArray(told);
}

function toldOf({ entries: told }: SealInput, kept: EvidenceEntry[]): EvidenceEntry[] {
  if (!isHead(told)) return told;
  if (kept.length === told.count && (kept.at(-1)?.hash ?? null) === told.head) return kept;
  throw new Failure(
    'NotFound',
    `the record has ${kept.length} of ${told.count} entries, or others: it has to be told all of them`,
  );
}

/** False when they could not be given back here: the record is closed all the same. */
async function isReleased({ leases }: SealInput, call: Call, ports: SealPorts): Promise<boolean> {
  if (leases === undefined) return false;
  try {
    await releaseLeases(leases, call, ports);
    return true;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return false;
  }
}

/** Tried again by the attempts that follow; an operation does not fail for its signature. */
async function signatureOf(
  entries: readonly EvidenceEntry[],
  call: Call,
  ports: SealPorts,
): Promise<{ signed: SignedHead | undefined; problem: string[] }> {
  if ((await ports.signer.unable()) !== undefined) return { signed: undefined, problem: [] };
  try {
    return { signed: await signRecord(ports, call.run, entries), problem: [] };
  } catch (error) {
    if (call.attempt < SIGNING_ATTEMPTS) throw error;
    return { signed: undefined, problem: [`the record could not be signed: ${saidBy(error)}`] };
  }
}

async function closing(
  input: SealInput,
  entries: EvidenceEntry[],
  call: Call,
  ports: SealPorts,
): Promise<EvidenceEntry[]> {
  const findings = await changedFiles(input, ports);
  const unable = await ports.signer.unable();
  if (unable !== undefined) {
    findings.push(`the record is not signed: ${ports.redactor.redact(unable)}`);
  }
  const { serving, shares, why } = await seenServing(input, call, ports);
  if (why !== undefined) {
    findings.push(`what users are served could not be read: ${ports.redactor.redact(why)}`);
  }
  const { outcome, verdict, message } = input;
  // Half-way is where somebody else was who had to make way for this, and nobody finished it.
  const halfWay = outcome === 'failed' && serving === 'mixed' && input.leftovers.length === 0;
  const leftovers = halfWay ? [`users are left half-way: ${shares}`] : input.leftovers;
  return extended(entries, input.at, [
    ...findings.map((text): EvidenceBody => ({ type: 'finding', text })),
    { type: 'closed', outcome, verdict, serving, message, leftovers },
  ]);
}

function saidBy(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The files, as words of a finding, that were changed since the operation loaded them: the system file, and that of the runbook of steps. */
async function changedFiles(
  { system, systemDigest, runbook }: SealInput,
  { systems, runbooks }: Pick<SealPorts, 'systems' | 'runbooks'>,
): Promise<string[]> {
  const changed: string[] = [];
  if (systemDigest !== '' && (await digestNow(() => systems.load(system))) !== systemDigest)
    changed.push(`the file of ${system}`);
  if (runbook !== undefined) {
    const { name, file, digest } = runbook;
    const now = await digestNow(async () => runbooks.load(await systems.load(system), name));
    if (now !== digest) changed.push(`the file of its runbook, ${file},`);
  }
  return changed.map(
    (which) => `${which} was changed while this operation ran; it went on with what it had loaded`,
  );
}

/** Undefined for a file that does not load any more: it has changed as well. */
async function digestNow(load: () => Promise<{ digest: string }>): Promise<string | undefined> {
  return load().then(
    ({ digest }) => digest,
    () => undefined,
  );
}

/** A platform that does not answer gets a while, and then the record is closed without it. */
async function seenServing(
  input: SealInput,
  call: Call,
  { platforms, clock }: SealPorts,
): Promise<{ serving: Serving; shares: string; why?: string }> {
  const until = clock.now() + PLATFORM_ANSWERS_WITHIN_MS;
  for (;;) {
    try {
      return await servingNow(input, call, platforms);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (!error.retryable || clock.now() >= until) {
        return { serving: 'unknown', shares: '', why: error.message };
      }
    }
    call.beat();
    await clock.sleep(LOOK_EVERY_MS, call.signal);
  }
}

async function servingNow(
  input: SealInput,
  call: Call,
  platforms: Platforms,
): Promise<{ serving: Serving; shares: string }> {
  // Ended before its plan: nobody looked, and nothing was changed.
  if (input.places.length === 0) return { serving: 'unknown', shares: '' };
  const all = await Promise.all(
    input.places.map(async (place): Promise<{ serving: Serving; shares: string }> => {
      const weights =
        input.seen?.[place.service] ??
        (await trafficOf(platforms, place).read(place, call)).weights;
      const shares = `${place.service} ${describeWeights(weights)}`;
      return { serving: servingOf(normalised(weights), input.target), shares };
    }),
  );
  const kinds = new Set(all.map(({ serving }) => serving));
  const [only = 'none'] = kinds;
  const shares = all.map((one) => one.shares).join('; ');
  return { serving: kinds.size > 1 ? 'mixed' : only, shares };
}

function servingOf(live: Weights, target: string | null): Serving {
  if (live.length > 1) return 'mixed';
  const [only] = live;
  if (only === undefined) return 'none';
  return only.revision === target ? 'new' : 'old';
}
