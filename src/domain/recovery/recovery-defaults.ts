// What a recovery in the place of the live data does where the section `recovery:` of its system file says nothing.

/** The approval that is asked; a system may have one of this name. */
export const RECOVERY_APPROVAL = 'recovery';

/** The shares of the clients (percent) in which users come back. */
export const ADMIT_SHARES: readonly number[] = [5, 25, 100];
