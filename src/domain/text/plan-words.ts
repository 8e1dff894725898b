// Words that plans of all kinds say.

/** How a step is undone that leaves nothing to take back. */
export const NO_UNDO = 'none: it changes nothing';
