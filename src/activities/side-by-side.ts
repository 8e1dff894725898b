// Work on many things at once, but not on all of them: a system may have hundreds of services.

/** Results in the order of the items; rejects with the first error once everything that was begun has ended. */
export async function sideBySide<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
  atOnce = 16,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  const hands = Array.from({ length: Math.min(atOnce, items.length) }, async () => {
    for (const [index, item] of queue) results[index] = await work(item);
  });
  const failed = (await Promise.allSettled(hands)).find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return results;
}
