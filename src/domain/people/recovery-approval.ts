// The policy behind the name of an approval: the system file's, or that of a recovery where the file does not say.
import type { ApprovalPolicy, System } from '../../config/system.ts';
import { RECOVERY_APPROVAL } from '../recovery/recovery-defaults.ts';
import { onCall } from './on-call.ts';

const HOUR_MS = 3_600_000;

/** One person, and not the requester. Who is on call, and alone at night, may break the glass: that stays open until somebody countersigns. */
function byDefault(people: System['people']): ApprovalPolicy {
  return {
    quorum: 1,
    deadline: 24 * HOUR_MS,
    reminder: HOUR_MS,
    selfApproval: false,
    breakGlass: onCall(people),
  };
}

/** Throws for a name that the system does not have. */
export function policyNamed(
  { approvals, people }: Pick<System, 'approvals' | 'people'>,
  name: string,
): ApprovalPolicy {
  const found = approvals[name] ?? (name === RECOVERY_APPROVAL ? byDefault(people) : undefined);
  if (found === undefined) throw new Error(`a gate with the unknown policy ${name}`);
  return found;
}
