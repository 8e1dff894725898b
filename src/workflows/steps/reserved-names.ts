// Messages whose names begin with the SDK's own prefix: SDK 1.24 throws on one when a default handler is set, which
// fails the workflow task for ever. They are answered like any other unknown name instead. Reaches into the SDK,
// which has no public way: look here after an upgrade (test/workflows/nonsense.test.ts sends such names).
import { getActivator } from '@temporalio/workflow/lib/global-attributes.js';
import { HandlerUnfinishedPolicy } from '@temporalio/common';

const PREFIX = '__temporal_';

class WithReserved<Entry> extends Map<string, Entry> {
  readonly #unknown: (name: string) => Entry;

  constructor(known: Map<string, Entry>, unknown: (name: string) => Entry) {
    super(known);
    this.#unknown = unknown;
  }

  override has(name: string): boolean {
    return super.has(name) || name.startsWith(PREFIX);
  }

  override get(name: string): Entry | undefined {
    return super.get(name) ?? (name.startsWith(PREFIX) ? this.#unknown(name) : undefined);
  }
}

/** Call it after the last `setHandler`. What `onUpdate` throws is the update's answer. */
export function answerReservedNames(
  onSignal: (name: string) => void,
  onUpdate: (name: string) => never,
): void {
  const unfinishedPolicy = HandlerUnfinishedPolicy.ABANDON;
  const activator = getActivator();
  Object.assign(activator, {
    signalHandlers: new WithReserved(activator.signalHandlers, (name) => ({
      handler: () => {
        onSignal(name);
      },
      unfinishedPolicy,
    })),
    updateHandlers: new WithReserved(activator.updateHandlers, (name) => ({
      handler: async () => onUpdate(name),
      unfinishedPolicy,
    })),
  });
}
