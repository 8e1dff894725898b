// Points checks and bakes at the platform that a service runs on.
import type { Analysis, Check } from '../config/system.ts';
import { isBakeProgress, type BakeProgress } from '../domain/bake-progress.ts';
import type { Finding } from '../domain/verdict.ts';
import { bake, type BakePorts, type BakeResult } from './bake.ts';
import type { Call } from './boundary.ts';
import { runChecks } from './checks.ts';
import { trafficOf, workloadOf, type Place, type Platforms } from './platforms.ts';

export interface JudgePorts extends Omit<BakePorts, 'workload'> {
  platforms: Platforms;
}

export interface ChecksAtInput {
  place: Place;
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
  const { url } = await trafficOf(ports.platforms, place).read(place);
  const found =
    revision === null
      ? undefined
      : (await workloadOf(ports.platforms, place).revisions(place)).find(
          (one) => one.spec.id === revision,
        );
  const address = found?.previewUrl ?? url;
  return runChecks(
    { point, service: place, checks, address, url, version, directory },
    call,
    ports,
  );
}

export interface BakeAtInput {
  place: Place;
  version: string;
  revision: string;
  stable: string | null;
  ms: number;
  analyses: Record<string, Analysis>;
  checks: Check[];
  directory: string;
  /** The revision has no traffic: its preview address is asked, and what is asked there is judged. */
  preview?: boolean;
  /** Where a bake that was ended early goes on. */
  resume: BakeProgress | null;
}

export async function bakeAt(
  input: BakeAtInput,
  call: Call,
  ports: JudgePorts,
): Promise<BakeResult> {
  const { place, stable, resume, ...rest } = input;
  const { url } = await trafficOf(ports.platforms, place).read(place);
  const previous = isBakeProgress(call.previous) ? call.previous : (resume ?? undefined);
  return bake(
    {
      service: place,
      ...rest,
      ...(rest.preview !== true && { url }),
      ...(stable !== null && { stable }),
    },
    { signal: call.signal, beat: call.beat, ...(previous !== undefined && { previous }) },
    { ...ports, workload: workloadOf(ports.platforms, place) },
  );
}
