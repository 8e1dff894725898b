// The port to runbooks of steps, which lie in the folders of their systems. Implemented in worker-assembly.ts over config/. Every verb throws `Failure`.
import type { StepInput } from '../../config/steps/runbook-schema.ts';
import type { LoadedRunbook, LoadedSystem } from '../../domain/loaded-system.ts';

/** A runbook as a list shows it. */
export interface ListedRunbook {
  name: string;
  title: string;
  inputs: Record<string, StepInput>;
  /** Why it does not load, as a sentence. */
  problem?: string;
}

/** Runbooks of steps. */
export interface RunbooksPort {
  /** One of the system's own folder, or of one that it starts from. Throws BadInput with every mistake as `file:line: path: ...`, or NotFound with the names there are. */
  load(loaded: LoadedSystem, name: string): Promise<LoadedRunbook>;
  /** All of a system, those too that do not load, in the order of their names. */
  list(loaded: LoadedSystem): Promise<ListedRunbook[]>;
}
