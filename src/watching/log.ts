// The worker's log: one line of JSON for each thing that happened, on stderr, without secrets. Made once by the
// worker's entry; what Temporal's SDK says comes in through sdk-logger.ts.
import { pino } from 'pino';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

export interface LogEntry {
  level: LogLevel;
  message: string;
  /** What the message is about: values of JSON, and errors. */
  fields?: Readonly<Record<string, unknown>>;
  /** Milliseconds since 1970; without it, now. */
  at?: number;
}

export interface Log {
  write(entry: LogEntry): void;
}

export interface LogOptions {
  level: LogLevel;
  /** Takes secrets out of a value; text that is part of one of the names stays. */
  redact: <T>(value: T, names: readonly string[]) => T;
  /** Without it, stderr. */
  destination?: { write(line: string): void };
}

export function createLog({ level, redact, destination }: LogOptions): Log {
  // Synchronous: what was said right before a crash is what one wants to read.
  const out = destination ?? pino.destination({ fd: 2, sync: true });
  const logger = pino(
    {
      level,
      base: null,
      // Time and level are written into the line itself, so that it begins with them.
      timestamp: false,
      messageKey: 'message',
      formatters: { level: (label) => ({ level: label }) },
    },
    out,
  );
  return {
    write: ({ level: at, message, fields = {}, at: when = Date.now() }) => {
      if (!logger.isLevelEnabled(at)) return;
      const { operation } = fields;
      const names = typeof operation === 'string' ? operation.split('/') : [];
      const time = new Date(when).toISOString();
      logger[at]({ time, ...redact({ message, ...asData(fields) }, names) });
    },
  };
}

/** Fields as plain JSON: the redactor walks through them, and circles would never end. */
function asData(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined) found[key] = plain(value);
  }
  return found;
}

function plain(value: unknown): unknown {
  try {
    const text: unknown = JSON.stringify(value, (_, item: unknown) => {
      if (typeof item === 'bigint') return String(item);
      return item instanceof Error ? { message: item.message, stack: item.stack } : item;
    });
    return typeof text === 'string' ? (JSON.parse(text) as unknown) : String(value);
  } catch {
    return '(cannot be written as JSON)';
  }
}
