// Why a program ended badly, by its own words.

/** What adds to an error, or frames it: stacks, queries, hints, sums. */
const NOISE =
  /^(at |node\.js v\d|[\^~{}[\],;)]*$|(?:\w+: )?(?:detail|hint|note|warning|command was|query was)\b)/i;
const WHY =
  /\b(error|fatal|panic|err|exception|denied|refused|cannot|could not|unable|failed|invalid|missing|no such|not found)\b/i;

/** The last line that says why, else the last that says anything; `rest` are the lines around it. */
export function reasonIn(printed: string): { reason: string; rest: string } {
  const lines = printed.split('\n').map((line) => line.trim().replaceAll(/\s+/g, ' '));
  const said = lines.filter((line) => line !== '');
  const own = said.filter((line) => !NOISE.test(line));
  const reason = own.findLast((line) => WHY.test(line)) ?? own.at(-1) ?? said.at(-1) ?? '';
  const at = said.lastIndexOf(reason);
  return { reason, rest: said.filter((_, index) => index !== at).join(' ') };
}
