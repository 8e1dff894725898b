// The end of an operation's record: what is served now, the closing entry, and the report made from it all.
import { buildReport, summarise } from '../domain/build-report.ts';
import type { EvidenceBody, EvidenceEntry } from '../domain/evidence.ts';
import { chain } from '../domain/evidence-chain.ts';
import type { Outcome, Serving } from '../domain/outcome.ts';
import type { ReportSummary } from '../domain/report.ts';
import type { Verdict } from '../domain/verdict.ts';
import { normalised } from '../domain/weights.ts';
import type { Call } from './boundary.ts';
import type { Place, Platforms } from './platforms.ts';
import { trafficOf } from './platforms.ts';
import type { EvidencePort, RunRef, SystemsPort } from './ports.ts';

export interface SealInput {
  /** All of them, so that a run whose earlier part was written elsewhere (a Reset) is whole too. */
  entries: EvidenceEntry[];
  at: string;
  outcome: Outcome;
  message: string;
  verdict: Verdict | null;
  leftovers: string[];
  places: Place[];
  /** The revision that this operation was to bring, if it was. */
  target: string | null;
  system: string;
  systemDigest: string;
}

/** Reads what is served, writes the closing entry and returns the summary of the report. Idempotent. */
export async function seal(
  input: SealInput,
  call: Call,
  ports: { evidence: EvidencePort; platforms: Platforms; systems: SystemsPort },
): Promise<{ summary: ReportSummary; entries: EvidenceEntry[] }> {
  const findings = await changedFile(input, ports.systems);
  const serving = await servingNow(input, ports.platforms);
  const bodies: EvidenceBody[] = [
    ...findings.map((text): EvidenceBody => ({ type: 'finding', text })),
    {
      type: 'closed',
      outcome: input.outcome,
      verdict: input.verdict,
      serving,
      message: input.message,
      leftovers: input.leftovers,
    },
  ];
  const entries = extend(input.entries, input.at, bodies);
  await ports.evidence.append(call.run, entries);
  const written = await ports.evidence.read(call.run);
  return { summary: summarise(buildReport(written)), entries: written.slice(input.entries.length) };
}

/** Closes the record of a run that ended without doing so; a sentence on what it had begun, if anything. */
export async function sealInterrupted(
  evidence: EvidencePort,
  run: RunRef,
): Promise<string | undefined> {
  const entries = await evidence.read(run);
  const last = entries.at(-1);
  if (last === undefined || last.type === 'closed') return undefined;
  const report = buildReport(entries);
  const step = report.steps.at(-1);
  const message = `ended without closing its record, ${step === undefined ? 'before its first step' : `at ${step.id}`}`;
  const now = new Date().toISOString();
  await evidence.append(run, [
    chain(last, now, {
      type: 'closed',
      outcome: 'interrupted',
      verdict: report.verdict,
      serving: report.weights.length === 0 ? 'old' : 'mixed',
      message,
      leftovers: report.weights.length === 0 ? [] : [`what ${step?.id ?? 'it'} had begun`],
    }),
  ]);
  return `${report.operation} ${message}`;
}

function extend(entries: EvidenceEntry[], at: string, bodies: EvidenceBody[]): EvidenceEntry[] {
  const all = [...entries];
  for (const body of bodies) all.push(chain(all.at(-1), at, body));
  return all;
}

async function changedFile(input: SealInput, systems: SystemsPort): Promise<string[]> {
  if (input.systemDigest === '') return [];
  try {
    const { digest } = await systems.load(input.system);
    if (digest === input.systemDigest) return [];
  } catch {
    // A file that does not load any more has changed as well.
  }
  return [
    `the file of ${input.system} was changed while this operation ran; it went on with what it had loaded`,
  ];
}

async function servingNow(input: SealInput, platforms: Platforms): Promise<Serving> {
  const all: Serving[] = [];
  for (const place of input.places) {
    const { weights } = await trafficOf(platforms, place).read(place);
    const live = normalised(weights);
    const fresh = live.some((one) => one.revision === input.target);
    all.push(live.length === 0 ? 'none' : !fresh ? 'old' : live.length === 1 ? 'new' : 'mixed');
  }
  const [first = 'none', ...rest] = all;
  return rest.every((one) => one === first) ? first : 'mixed';
}
