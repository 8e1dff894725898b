// The steps that open an isolated target, prove its fence, and close it: of a drill, and of a verification that starts the
// service on a copy.
import type { LivePlace } from './fence.ts';
import type { PlanStep } from './plan.ts';

/** Nothing of what is live can be reached from inside, and that is shown. */
export function isolateSteps(target: string, live: LivePlace[]): PlanStep[] {
  return [
    {
      id: 'isolate',
      title: `Open the isolated target ${target}: a network of its own, live folders hidden`,
      undo: `close the target ${target}`,
      differs:
        'a recovery asks for an approval, stops the users, and restores beside the live datastores',
      action: { kind: 'isolate', target, live },
    },
    {
      id: 'fence',
      title: `Prove the fence: ${live.length} live places answer outside and are refused inside`,
      undo: 'none: it changes nothing',
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
