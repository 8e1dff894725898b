// Which faults passed on which build, kept in .fairlead/faults.jsonl: what was stopped takes up where it was. For scripts/faults.ts.
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const resultSchema = z.object({ build: z.string(), id: z.string(), passed: z.boolean() });

export interface TriedFaults {
  /** A digest of dist: what another build passed has to pass anew. */
  build: () => string;
  /** Ids of the faults that passed on a build. */
  passed: (build: string) => Set<string>;
  keep: (result: z.output<typeof resultSchema>) => void;
  forget: () => void;
}

/** `root`: the folder with package.json. */
export function triedFaults(root: string): TriedFaults {
  const file = join(root, '.fairlead', 'faults.jsonl');
  return {
    build: () => digestOfCode(join(root, 'dist')),
    passed: (build) => {
      if (!existsSync(file)) return new Set();
      const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
      const results = lines.map((line) => resultSchema.parse(JSON.parse(line)));
      const these = results.filter((one) => one.build === build && one.passed);
      return new Set(these.map(({ id }) => id));
    },
    keep: (result) => {
      mkdirSync(dirname(file), { recursive: true });
      appendFileSync(file, `${JSON.stringify(result)}\n`);
    },
    forget: () => {
      rmSync(file, { force: true });
    },
  };
}

function digestOfCode(folder: string): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (name.endsWith('.js')) hash.update(name).update(readFileSync(join(folder, name)));
  }
  return hash.digest('hex').slice(0, 16);
}
