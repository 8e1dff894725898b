// A freeze: open for as long as it holds changes back (domain/time/freeze.ts). It does nothing to anybody: whoever wants to
// change something asks whether it is open. One that people took ends by `thaw`, at its time, or by a cancellation; one
// that an operation took is a child of that, and ends with it.
import {
  CancellationScope,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setDefaultSignalHandler,
  setDefaultUpdateHandler,
  setHandler,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import {
  ApplicationFailure,
  defineSearchAttributeKey,
  SearchAttributeType,
} from '@temporalio/common';
import type { Activities } from '../activities/create.ts';
import type { Halted } from '../activities/freezes.ts';
import { textAt } from '../domain/json.ts';
import { Failure } from '../domain/failure.ts';
import { describeValue } from '../domain/text/describe-value.ts';
import { parseMessage } from '../domain/people/message.ts';
import { plain } from '../domain/text/markdown.ts';
import {
  EVERY_SYSTEM,
  FREEZE,
  freezeId,
  freezeNamed,
  freezeWords,
  parseFreeze,
  type Freeze,
  type FreezeEnd,
  type FreezeState,
} from '../domain/time/freeze.ts';
import { failureOf } from './steps/call.ts';
import { answerReservedNames } from './steps/reserved-names.ts';
import { answered, singleEnvelope } from './steps/single-activity.ts';

type Thaw = Pick<FreezeEnd, 'ended' | 'by' | 'reason'>;

interface Frozen {
  freeze: Omit<Freeze, 'since'>;
  halted?: Halted;
  thaw?: Thaw;
}

/** Input: `{system, until, reason, requestedBy}`, or `all: true` for `system`; of an operation, nothing but its reason. */
export async function freeze(input: unknown): Promise<FreezeEnd> {
  const frozen: Frozen = { freeze: { ...named(), owner: 'somebody', reason: null, until: null } };
  listen(frozen);
  return answered(async () => {
    frozen.freeze = asked(input);
    show(frozen);
    await begin(frozen);
    const how = await untilOver(frozen);
    const { scope, owner, until } = frozen.freeze;
    return { scope, owner, until, ...how, at: new Date(Date.now()).toISOString() };
  });
}

/** Scope and kind of the workflow's id: nobody finds a freeze of another id. */
function named(): Pick<Freeze, 'scope' | 'takenBy'> {
  const { workflowId } = workflowInfo();
  return freezeNamed(workflowId) ?? { scope: workflowId, takenBy: 'people' };
}

function asked(input: unknown): Omit<Freeze, 'since'> {
  const { workflowId, parent } = workflowInfo();
  if (parent !== undefined) {
    const reason = textAt(input, 'reason') ?? null;
    const operation = { workflowId: parent.workflowId, runId: parent.runId };
    const found = freezeNamed(workflowId);
    if (found?.takenBy === 'operation') {
      return { ...found, owner: parent.workflowId, reason, until: null, operation };
    }
    throw new Failure('Refused', `${workflowId} is not the id of a freeze of an operation`);
  }
  const { scope, until, reason, requestedBy } = parseFreeze(input, Date.now());
  const id = freezeId(scope, 'people');
  if (workflowId !== id) {
    throw new Failure('BadInput', `a freeze of ${scope} has the workflow id ${id}: start it so`);
  }
  return { scope, takenBy: 'people', owner: requestedBy ?? 'somebody', reason, until };
}

/** The systems are looked at and the reason is redacted; then all that goes forward is waited for, beside the freeze. */
async function begin(frozen: Frozen): Promise<void> {
  const { scope, takenBy, reason, owner, until } = frozen.freeze;
  if (takenBy === 'operation') return;
  // Whose it is and until when is known at once; a command line has said it already.
  if (workflowInfo().memo?.[FREEZE] === undefined) {
    upsertMemo({ [FREEZE]: { owner, until, reason: null } });
  }
  const about = { system: scope === EVERY_SYSTEM ? '' : scope, step: FREEZE };
  const { beginFreeze } = proxyActivities<Activities>({
    startToCloseTimeout: '1m',
    heartbeatTimeout: '5s',
    retry: { initialInterval: '200ms', maximumInterval: '5s' },
    summary: `Look at ${scope}`,
  });
  const { value } = await beginFreeze(singleEnvelope({ scope, reason: reason ?? '' }, about));
  frozen.freeze = { ...frozen.freeze, reason: value.reason };
  upsertMemo({ [FREEZE]: { owner, reason: value.reason, until } });
  show(frozen);
}

/** Ends at its time, when it is thawed, or when it is cancelled. */
async function untilOver(frozen: Frozen): Promise<Thaw> {
  const { until, scope, takenBy } = frozen.freeze;
  const scopeOfHalt = new CancellationScope();
  if (takenBy === 'people') void scopeOfHalt.run(() => halt(frozen, scope)).catch(() => undefined);
  try {
    const isThawed = () => frozen.thaw !== undefined;
    if (until === null) await condition(isThawed);
    else {
      const left = Math.max(0, Date.parse(until) - Date.now());
      await condition(isThawed, left, { summary: `Frozen until ${until}` });
    }
    return frozen.thaw ?? { ended: 'expired', by: null, reason: null };
  } catch (error) {
    if (!isCancellation(error)) throw error;
    return { ended: takenBy === 'operation' ? 'given back' : 'cancelled', by: null, reason: null };
  } finally {
    scopeOfHalt.cancel();
  }
}

/** Until nothing is being changed any more. */
async function halt(frozen: Frozen, scope: string): Promise<void> {
  const { awaitHalt } = proxyActivities<Activities>({
    startToCloseTimeout: '1 day',
    heartbeatTimeout: '5s',
    retry: { initialInterval: '500ms', maximumInterval: '5s' },
    summary: 'Wait until nothing is being changed any more',
  });
  const since = workflowInfo().startTime.getTime();
  const about = { system: scope === EVERY_SYSTEM ? '' : scope, step: FREEZE };
  try {
    frozen.halted = (await awaitHalt(singleEnvelope({ scope, since }, about))).value;
    show(frozen);
  } catch (error) {
    if (failureOf(error) === undefined) throw error;
  }
}

function stateOf({ freeze: one, halted, thaw }: Frozen): FreezeState {
  return {
    ...one,
    since: workflowInfo().startTime.toISOString(),
    frozen: halted !== undefined || one.takenBy === 'operation',
    held: halted?.held ?? [],
    thawed: thaw !== undefined,
  };
}

function listen(frozen: Frozen): void {
  setHandler(defineQuery<FreezeState>('status'), () => stateOf(frozen));
  setHandler(defineSignal<[unknown]>('thaw'), (raw) => {
    try {
      thaw(frozen, raw);
    } catch {
      // A signal is answered by nobody: what makes no sense thaws nothing.
    }
  });
  setHandler(defineUpdate<{ accepted: true; note: string }, [unknown]>('thaw'), (raw) => {
    try {
      return { accepted: true, note: thaw(frozen, raw) };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      throw ApplicationFailure.nonRetryable(error.message, error.kind);
    }
  });
  const refuse = (name: string): never => {
    const text = `a freeze takes thaw, and no message ${describeValue(name)}`;
    throw ApplicationFailure.nonRetryable(text, 'Refused');
  };
  setDefaultSignalHandler(() => undefined);
  setDefaultUpdateHandler(refuse);
  answerReservedNames(() => undefined, refuse);
}

/** Throws a `Failure`: BadInput, or Refused where only the operation may end it. */
function thaw(frozen: Frozen, raw: unknown): string {
  const { actor, reason } = parseMessage('thaw', raw);
  const { scope, takenBy, owner } = frozen.freeze;
  if (takenBy === 'operation') {
    throw new Failure(
      'Refused',
      `${owner} froze ${scope}, and it is frozen until that operation ends`,
    );
  }
  frozen.thaw ??= { ended: 'thawed', by: actor ?? null, reason: reason ?? null };
  return `${scope} is thawed by ${frozen.thaw.by ?? 'somebody'}`;
}

function show(frozen: Frozen): void {
  const words = freezeWords(frozen.freeze);
  const { halted, freeze: one } = frozen;
  const held = halted?.held ?? [];
  const heldLine = `Held: ${held.length === 0 ? 'nothing' : held.map(plain).join(', ')}.`;
  const how =
    one.takenBy === 'operation'
      ? 'It ends with its operation.'
      : 'To end it: *More Actions*, *Send an Update* (or *Send a Signal*), choose `thaw`, with `{"actor":"your-name"}`.';
  setCurrentDetails(
    [`## ${plain(words)}`, '', ...(halted === undefined ? [] : [heldLine, '']), how].join('\n'),
  );
  const key = defineSearchAttributeKey('FairleadSummary', SearchAttributeType.KEYWORD);
  upsertSearchAttributes([{ key, value: words.slice(0, 200) }]);
}
