// The port to commands of this machine. Implemented in integrations/commands.ts. Every verb throws `Failure`.
import type { Setting } from '../../config/system.ts';
import type { Waiting } from '../waiting.ts';

/** A program with its arguments, started without a shell. */
export interface CommandInput {
  command: readonly string[];
  /** Absolute. */
  directory: string;
  /** What it finds beside PATH, HOME and LANG; secrets by reference. */
  environment: Readonly<Record<string, Setting>>;
  timeoutMs: number;
  /** By which it is found again with all that it has started, also by another process of this machine. */
  mark: string;
  /** Asked last of all before it is started; what it throws keeps it from being started. */
  permit?: () => Promise<void>;
}

/** How a command ended, and the end of what it printed. */
export interface CommandEnd {
  /** Absent where a signal ended it. */
  exitCode?: number;
  signal?: string;
  /** It took longer than it may, and was killed with all that it had started. */
  late: boolean;
  printed: string;
  /** It printed more than that. */
  more: boolean;
  ms: number;
}

/** Commands, each in a process group of its own. */
export interface CommandsPort {
  /** Answers how it ended. Throws Unavailable when it cannot be started, BadInput for a secret that is not there. */
  run(input: CommandInput, waiting: Waiting): Promise<CommandEnd>;
  /** Ends what a command with this mark has left running on this machine, and answers how many processes that were. Throws Unavailable when they do not end. */
  endLeft(mark: string, waiting: Waiting): Promise<number>;
}
