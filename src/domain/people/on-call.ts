// Who is told when nobody answers: the levels of `people:` in a system file, one after the other. All durations are ms.
import type { System } from '../../config/system.ts';

const MINUTE = 60_000;

/** How long a level has before the next one is told, where the file does not say: minutes 5, 15 and 30. */
export const DEFAULT_AFTER: readonly number[] = [5 * MINUTE, 10 * MINUTE, 15 * MINUTE];

export interface LevelTold {
  /** From when the first level was told. */
  after: number;
  who: string[];
}

/** Each level behind the first with when it is told; none where no levels are named. The last duration counts for all further levels. */
export function furtherLevels(people: System['people']): LevelTold[] {
  const { levels = [], after = DEFAULT_AFTER } = people ?? {};
  let passed = 0;
  return levels.slice(1).map((who, index) => {
    passed += after[index] ?? after.at(-1) ?? 0;
    return { after: passed, who };
  });
}

/** Everybody whom the levels name, each once. */
export function onCall(people: System['people']): string[] {
  return [...new Set(people?.levels?.flat() ?? [])];
}
