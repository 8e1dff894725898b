// What others read of a running `up`: where everything is.
import { rmSync } from 'node:fs';
import { writeJson } from './data-folder.ts';

/** What stands in `<data>/up.json` while everything runs. */
export interface UpFile {
  address: string;
  /** `null` for a server that `up` did not start. */
  uiUrl: string | null;
  /** What a browser has to show at the Web UI once; `null` where it asks for nothing. */
  uiKey: string | null;
  /** The profile, as Temporal's tools read it, by which a private server is reached; `null` for one that asks for nothing. */
  profile: string | null;
  namespace: string;
  taskQueue: string;
  /** Where the worker serves its metrics; another one when it was started anew on a free port. */
  metricsUrl: string | null;
  /** Where alerts are posted, with SYSTEM in place of a system's name; `null` where they are not taken. */
  hooksUrl: string | null;
  /** Where the token for that is. */
  hooksToken: string | null;
  pid: number;
  startTime: number;
  data: string;
}

/** What is known once a child is there. */
type Where = Pick<UpFile, 'metricsUrl' | 'hooksUrl' | 'hooksToken'>;

/** `<data>/up.json`, which follows the worker and the hooks when those are started anew. */
export class UpRecord {
  readonly #path: string;
  #up: UpFile | undefined;
  #where: Where = { metricsUrl: null, hooksUrl: null, hooksToken: null };

  constructor(path: string) {
    this.#path = path;
  }

  write(up: Omit<UpFile, keyof Where>): UpFile {
    this.#up = { ...up, ...this.#where };
    writeJson(this.#path, this.#up);
    return this.#up;
  }

  serving(where: Partial<Where>): void {
    this.#where = { ...this.#where, ...where };
    if (this.#up !== undefined) this.write(this.#up);
  }

  remove(): void {
    this.#up = undefined;
    rmSync(this.#path, { force: true });
  }
}
