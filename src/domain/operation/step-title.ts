// What a step is called once it has run. Plans, and with them their digests, keep the title from before.

/** A retirement is only handed over here: the removal is an operation of its own, later. */
export function titleOf({ title, status }: { title: string; status: string }): string {
  if (status !== 'done') return title;
  return title.replace(
    /^Keep (\S+) without traffic for (.+), then remove it$/,
    'Handed on: keep $1 without traffic for $2, then remove it',
  );
}
