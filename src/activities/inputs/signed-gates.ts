// Changes behind a gate whose answers are signed: the activity that makes one checks the signatures itself, against the
// system and the plan as they are kept and the run that calls. The workflow hands them on and cannot vouch for them.
import { Failure } from '../../domain/failure.ts';
import { isRecord } from '../../domain/json.ts';
import type { PlanStep } from '../../domain/operation/plan.ts';
import { policyNamed } from '../../domain/people/recovery-approval.ts';
import { isSignedPolicy, passProblem, type PassedGate } from '../../domain/people/signed-vote.ts';
import type { SignerPort } from '../../ports/signer.ts';
import type { Caller } from '../caller.ts';
import type { StepAt } from './step-at.ts';
import type { StepActivity } from './step-inputs.ts';

/** `free`: looks, works on copies, saves users, or takes back. */
type Behind = 'gated' | 'free';

const BEHIND_GATES: Record<StepActivity, Behind> = {
  ...{ runChecks: 'free', warmLive: 'free', bake: 'free', watchWhileWaiting: 'free' },
  ...{ awaitReady: 'free', stopServices: 'free', stopService: 'free' },
  ...{ ensureRevision: 'gated', shiftTraffic: 'gated', admitService: 'gated' },
  ...{ scaleRevision: 'gated', restartRevision: 'gated', settleService: 'gated' },
  ...{ removeRevision: 'gated', makeChange: 'gated', applyRetention: 'gated' },
  ...{ lookAt: 'free', askCheck: 'free', awaitCheck: 'free', takeBackup: 'free' },
  ...{ examineBackup: 'free', examineFile: 'free', restoreCopy: 'free', restoreFile: 'free' },
  ...{ adoptPlace: 'free', compareLive: 'free', compareCopy: 'free', keepCopy: 'free' },
  ...{ askInvariants: 'free', measurePoint: 'free', markVerified: 'free', markFailed: 'free' },
  ...{ discardCopy: 'free', lookBothWays: 'free', takeInventory: 'free', openTarget: 'free' },
  ...{ probeIsolation: 'free', bindCopies: 'free', emptyCopy: 'free', warmCopy: 'free' },
  ...{ startIsolated: 'free', askGolden: 'free', closeTarget: 'free', lookAhead: 'free' },
  ...{ stopWriter: 'gated', migrateLive: 'gated', startWriter: 'free', writeFence: 'gated' },
  ...{ liftFence: 'free', proveQuiet: 'free', lossAgainst: 'free', exchangeStore: 'gated' },
  ...{ judgeLive: 'free', lookLost: 'free', bindElsewhere: 'gated', judgeMoved: 'free' },
  flushDerived: 'gated',
};
const BY_NAME: ReadonlyMap<string, Behind> = new Map(Object.entries(BEHIND_GATES));

/** What the workflow sent of a change. */
interface Asked {
  /** The activity. */
  name: string;
  told: unknown;
  passed: readonly PassedGate[];
}

/** Throws Refused for a change behind a gate that these answers do not open. */
export function refuseUnsigned(
  { name, told, passed }: Asked,
  at: StepAt,
  caller: Caller,
  signer: Pick<SignerPort, 'verifies'>,
): void {
  if (BY_NAME.get(name) === 'free' || isWayBack(at.step, name, told)) return;
  for (const [step, gate] of gatesBefore(at)) {
    const { keys } = at.loaded.system;
    const policy = policyNamed(at.loaded.system, gate);
    if (!isSignedPolicy(policy)) continue;
    const own = passed.filter(({ opening }) => isOf(opening, step, caller));
    const problems = own.map((one) =>
      passProblem({ keys, policy }, { plan: at.plan.digest, passed: one }, (...asked) =>
        signer.verifies(...asked),
      ),
    );
    if (problems.includes(undefined)) continue;
    const [why = `no signed answer to ${step} came along`] = problems;
    throw new Failure(
      'Refused',
      `${at.step.id} of ${at.plan.operation} is behind ${step}, whose answers are signed: ${why}. Nothing was done`,
    );
  }
}

function isOf({ gate, run }: PassedGate['opening'], step: string, caller: Caller): boolean {
  return gate.split('#')[0] === step && run === caller.firstRunId;
}

/** What brings back what was: who was not asked to go forward need not be asked for that. */
function isWayBack({ action }: PlanStep, name: string, told: unknown): boolean {
  if (name === 'removeRevision' && action.kind === 'ensure') return true;
  return isRecord(told) && told['back'] === true;
}

/** Gates that the step is behind, as step and policy. A step that asks for consent guards the one step that it names. */
function gatesBefore({ plan, step }: StepAt): [string, string][] {
  const index = plan.steps.findIndex(({ id }) => id === step.id);
  return plan.steps.slice(0, index).flatMap(({ id, gate, action }): [string, string][] => {
    if (gate === undefined) return [];
    return action.kind === 'consent' && action.before !== step.id ? [] : [[id, gate]];
  });
}
