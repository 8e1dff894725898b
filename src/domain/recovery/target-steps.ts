// The steps that open an isolated target, prove its isolation, and close it: of a drill, and of a verification that starts the
// service on a copy.
import { Failure } from '../failure.ts';
import type { LoadedSystem } from '../loaded-system.ts';
import type { PlanStep } from '../operation/plan.ts';
import { NO_UNDO } from '../text/plan-words.ts';
import type { RevisionSpec } from '../rollout/model.ts';
import type { PlatformKind } from '../rollout/service-target.ts';
import type { LivePlace } from './isolation.ts';

/**
 * The platform on which these services are started on copies: the one that they run on. Throws Unsupported where they run
 * on several, for a target is on one.
 */
export function isolatedOn(
  { name, system }: LoadedSystem,
  services: readonly string[],
): PlatformKind {
  const kinds = services.flatMap((service) => system.services[service]?.platform ?? []);
  const [platform, ...others] = [...new Set(kinds)];
  if (platform !== undefined && others.length === 0) return platform;
  const found = platform === undefined ? 'on none' : `on ${[platform, ...others].join(' and ')}`;
  throw new Failure(
    'Unsupported',
    `isolating ${services.join(', ')} of ${name}: they run ${found}, and an isolated target is on one platform; name services of one in drill.services`,
  );
}

/** The steps that open an isolated target and prove that nothing live can be reached from inside. */
export function isolateSteps({
  loaded,
  target,
  services,
  live,
}: {
  loaded: LoadedSystem;
  target: string;
  services: readonly RevisionSpec[];
  live: LivePlace[];
}): PlanStep[] {
  const names = services.map(({ service }) => service);
  const platform = isolatedOn(loaded, names);
  return [
    {
      id: 'isolate',
      title: `Open the isolated target ${target}: a network of its own, live folders hidden`,
      undo: `close the target ${target}`,
      differs:
        'a recovery asks for an approval, stops the users, and restores beside the live datastores',
      action: { kind: 'isolate', target, platform, live },
    },
    {
      id: 'fence',
      title: `Prove the fence: ${live.length} live places answer outside and are refused inside`,
      undo: NO_UNDO,
      differs: 'a recovery fences the live datastores against writes, and proves that',
      action: { kind: 'fence', target, live },
    },
  ];
}

export function closeStep(target: string): PlanStep {
  return {
    id: 'close',
    title: `Close the isolated target ${target} and all that runs in it`,
    undo: 'none: a target can be opened again',
    action: { kind: 'close', target },
  };
}
