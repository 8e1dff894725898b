// Points checks and bakes at the platform that a service runs on.
import type { Analysis, Check } from '../../config/system.ts';
import { isBakeProgress, type BakeProgress } from '../../domain/analysis/bake-progress.ts';
import type { ServiceTarget } from '../../domain/rollout/service-target.ts';
import type { Finding } from '../../domain/analysis/finding.ts';
import { wantsRequests } from '../../domain/people/want-of-requests.ts';
import { fewClients } from '../../domain/traffic/few-clients.ts';
import type { BakePorts } from './bake-input.ts';
import { bake, type BakeResult } from './bake.ts';
import { readBaseline } from './bake-scrapes.ts';
import type { Call } from '../call.ts';
import { reachedBy, runChecks } from './checks.ts';
import { platformOf, type Platforms } from '../platforms.ts';
import { goneRevision } from '../workload.ts';

export interface JudgePorts extends Omit<BakePorts, 'workload' | 'traffic'> {
  platforms: Platforms;
}

export interface ChecksAtInput {
  place: ServiceTarget;
  point: 'preflight' | 'smoke';
  checks: Check[];
  /** The revision whose preview address is asked; without it, where users reach the service. */
  revision: string | null;
  version: string;
  directory: string;
}

export async function runChecksAt(
  input: ChecksAtInput,
  call: Call,
  ports: JudgePorts,
): Promise<Finding[]> {
  const { place, point, checks, version, directory, revision } = input;
  const { traffic, workload } = platformOf(ports.platforms, place);
  const { url } = await traffic.read(place, call);
  const revisions = revision === null ? [] : await workload.revisions(place, call);
  const found = revisions.find((one) => one.spec.id === revision);
  // Else what users are on would be asked in its place, and would pass.
  if (revision !== null && found === undefined) throw goneRevision(revision);
  const address = found?.previewUrl ?? url;
  const headers = async () => ({
    ...(await traffic.mark(place, call)),
    ...found?.previewHeaders,
  });
  const reached = found && reachedBy(traffic, found.spec.id);
  return runChecks(
    { point, checks, address, url, version, directory, headers, ...(reached && { reached }) },
    call,
    ports,
  );
}

export interface BakeAtInput {
  place: ServiceTarget;
  version: string;
  revision: string;
  stable: string | null;
  ms: number;
  analyses: Record<string, Analysis>;
  checks: Check[];
  directory: string;
  /** The revision has no traffic: its preview address is asked, and what is asked there is judged. */
  preview?: boolean;
  /** No other revision has users: too few requests are told and hold nothing up (not so of a preview). */
  alone?: boolean;
  /** Sentences that are told with the verdict, and judge nothing. */
  told?: string[];
  /** Where a bake that was ended early goes on. */
  resume: BakeProgress | null;
}

/** As `readBaseline` of the bake that `input` is for. */
export async function readBaselineAt(
  { place, stable, revision, analyses, preview }: Omit<BakeAtInput, 'resume'>,
  call: Call,
  ports: Pick<JudgePorts, 'platforms' | 'metrics' | 'clock'>,
): Promise<() => Promise<BakeProgress>> {
  const { workload } = platformOf(ports.platforms, place);
  const compared = stable === null ? {} : { stable };
  const judging = { service: place, revision, analyses, ...compared, ...(preview && { preview }) };
  return readBaseline(judging, call, { ...ports, workload });
}

export async function bakeAt(
  input: BakeAtInput,
  call: Call,
  ports: JudgePorts,
): Promise<BakeResult> {
  const { place, stable, resume, ...rest } = input;
  const { traffic, workload } = platformOf(ports.platforms, place);
  const { url } = await traffic.read(place, call);
  const previous = isBakeProgress(call.previous) ? call.previous : (resume ?? undefined);
  const result = await bake(
    {
      service: place,
      ...rest,
      ...(rest.preview !== true && { url }),
      ...(stable !== null && { stable }),
    },
    { signal: call.signal, beat: call.beat, ...(previous !== undefined && { previous }) },
    { ...ports, workload, traffic },
  );
  if (result.verdict !== 'inconclusive' || rest.preview === true) return result;
  // Why there were too few requests may be who is let in; a platform that does not say so now says why elsewhere.
  const now = await traffic.read(place, call).catch(() => undefined);
  const few = now && fewClients(now.clients, now.admitPercent);
  if (few === undefined) return result;
  return { ...result, findings: result.findings.map((one) => withWhy(one, few)) };
}

function withWhy(finding: Finding, few: string): Finding {
  const isIt = finding.verdict === 'inconclusive' && wantsRequests(finding.reason);
  return isIt ? { ...finding, reason: `${finding.reason}; ${few}` } : finding;
}
