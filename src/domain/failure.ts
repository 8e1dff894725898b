// Every way in which something outside can fail, as a closed union. Adapters throw it; the activity
// boundary turns it into an ApplicationFailure whose `type` is the kind.

/** What went wrong, and with it whether trying again can help. */
export const FAILURE_KINDS = [
  'BadInput', // what was asked makes no sense; nothing was done
  'Refused', // makes sense, but not now (lease held, stopped, port taken)
  'Unsupported', // this adapter cannot do that
  'NotFound', // a system, service, revision or file that is not there
  'WorldChanged', // not as this operation left it: somebody else changed it
  'Superseded', // a newer epoch or a later change was there first
  'LeaseLost', // the lease of this run is gone
  'Frozen', // a freeze holds what goes forward; the operation waits for its end
  'Outage', // no worker ran for longer than resumeWithin
  'NotReady', // a deadline passed, or the revision keeps crashing
  'CheckFailed', // a check ran and said no
  'Unavailable', // no answer, or an answer that may differ next time
  'Broken', // an adapter met something that it cannot explain
] as const;

export type FailureKind = (typeof FAILURE_KINDS)[number];

/** The kind of this name, if there is one: failures come back from Temporal as text. */
export function failureKind(name: string | undefined | null): FailureKind | undefined {
  return FAILURE_KINDS.find((kind) => kind === name);
}

/** What was asked makes no sense, or names what is not there: whoever asked has to ask otherwise. */
const MISTAKES: ReadonlySet<FailureKind> = new Set(['BadInput', 'NotFound', 'Unsupported']);

export function isMistake(kind: FailureKind): boolean {
  return MISTAKES.has(kind);
}

const RETRYABLE: ReadonlySet<FailureKind> = new Set(['Unavailable']);

/** An error whose message says what was being done, to what, what came back and what to do now. */
export class Failure extends Error {
  readonly kind: FailureKind;
  /** Plain JSON for whoever handles it, e.g. `{expected, found}` of a WorldChanged. */
  readonly details: unknown;

  constructor(kind: FailureKind, message: string, details?: unknown) {
    super(message);
    this.name = 'Failure';
    this.kind = kind;
    this.details = details;
  }

  get retryable(): boolean {
    return RETRYABLE.has(this.kind);
  }
}

/** The BadInput of `what` with every problem of what was sent, each a sentence that goes on after its name; null without any. */
export function badInput(what: string, problems: readonly string[], example = ''): Failure | null {
  const [first, ...more] = problems;
  if (first === undefined) return null;
  const numbered = problems.map((problem, index) => `(${index + 1}) ${problem}`).join('; ');
  const isField = !/^(needs|has) /.test(first);
  const said = more.length === 0 ? `${isField ? ': ' : ' '}${first}` : `: ${numbered}`;
  return new Failure('BadInput', `${what}${said}${example === '' ? '' : `; ${example}`}`);
}
