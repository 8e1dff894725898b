// One lane for each incident: what comes for it is sent one batch after the other, and what comes meanwhile goes along with the
// next. So a flood of requests is a few messages, and nobody is answered before theirs was taken.

interface Batch<Item> {
  items: Item[];
  sent: Promise<void>;
}

interface Lane<Item> {
  /** What goes next; undefined when nothing waits. */
  next: Batch<Item> | undefined;
  running: Promise<void>;
}

export class Lanes<Item> {
  readonly #lanes = new Map<string, Lane<Item>>();
  readonly #send: (key: string, items: readonly Item[]) => Promise<void>;

  constructor(send: (key: string, items: readonly Item[]) => Promise<void>) {
    this.#send = send;
  }

  /** Resolves when the items were sent; rejects with what sending them threw. */
  async add(key: string, items: readonly Item[]): Promise<void> {
    const lane = this.#lanes.get(key) ?? { next: undefined, running: Promise.resolve() };
    this.#lanes.set(key, lane);
    lane.next ??= this.#begin(key, lane);
    lane.next.items.push(...items);
    await lane.next.sent;
  }

  #begin(key: string, lane: Lane<Item>): Batch<Item> {
    const items: Item[] = [];
    const sent = lane.running.then(async () => {
      lane.next = undefined;
      await this.#send(key, items);
    });
    // The next batch does not wait in vain because this one failed; whoever waits for this one hears of it.
    const running = sent
      .catch(() => undefined)
      .then(() => {
        if (lane.running === running && lane.next === undefined) this.#lanes.delete(key);
      });
    lane.running = running;
    return { items, sent };
  }
}
