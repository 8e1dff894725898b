// The port to system files. Implemented in worker-assembly.ts over config/. Every verb throws `Failure`.
import type { LoadedSystem } from '../domain/loaded-system.ts';

/** System files. */
export interface SystemsPort {
  /** Throws BadInput with every mistake as `file:line: path: ...`, or NotFound with the names there are. */
  load(name: string): Promise<LoadedSystem>;
  /** Every system there is, in order, those too that do not load. */
  names(): Promise<string[]>;
}
