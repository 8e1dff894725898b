// Who writes to a system's data beside its users, and how they are stopped and started again, as `recovery.writers` of the
// system file says: services, programs that a command stops, and what only people can stop.
import type { Recovery } from '../../../config/recovery.ts';
import type { Service } from '../../../config/system.ts';
import type { PlanStep } from '../../operation/plan.ts';

/** What stops a writer, says that it is stopped, and starts it: programs with their arguments. */
export interface WriterCommand {
  stop: string[];
  start: string[];
  /** Ends with 0 when the writer is stopped, with anything else while it runs. */
  check: string[];
  /** Of each of the three (ms). */
  timeout: number;
}

/** Programs with their arguments; `check` ends with 0 when there is nothing to migrate. */
export interface MigrationCommand {
  command: string[];
  check: string[];
  /** Of each of the two (ms). */
  timeout: number;
}

/** A writer that is no service. */
export type OtherWriter =
  { kind: 'command'; name: string; command: WriterCommand } | { kind: 'outside'; name: string };

/** In the order of the file, in which they are stopped. */
export function otherWriters(recovery: Recovery | undefined): OtherWriter[] {
  return (recovery?.writers ?? []).flatMap(({ name = '', command, outside }): OtherWriter[] => {
    if (command !== undefined) return [{ kind: 'command', name, command }];
    return outside === undefined ? [] : [{ kind: 'outside', name: outside }];
  });
}

type Ordered = { services: Record<string, Service> } & { recovery?: Recovery };

/** Services that are kept out: those that face users first, then writers in the order of the file. */
export function stopOrder(affected: readonly string[], system: Ordered): string[] {
  const writers = writingServices(system);
  return [...affected.filter((name) => !writers.includes(name)), ...writers];
}

/** The same services as they come back: writers in the reverse order, for what stands in front of them needs them. */
export function startOrder(stopped: readonly string[], system: Ordered): string[] {
  const writers = writingServices(system);
  return [...writers.toReversed(), ...stopped.filter((name) => !writers.includes(name))];
}

function writingServices({ services, recovery }: Ordered): string[] {
  return (recovery?.writers ?? []).flatMap(({ service }) =>
    service === undefined || services[service] === undefined ? [] : [service],
  );
}

export function haltStep(writer: OtherWriter): PlanStep {
  const { kind, name } = writer;
  const id = `halt-${name}`;
  return kind === 'command'
    ? {
        id,
        title: `Stop the writer ${name}: ${writer.command.stop.join(' ')}`,
        undo: `start it again: ${writer.command.start.join(' ')}`,
        action: { kind: 'stopWriter', writer: name },
      }
    : {
        id,
        title: `A person stops ${name}, which is outside of the system, and ticks it`,
        undo: `a person starts ${name} again`,
        action: { kind: 'askWriter', writer: name, to: 'stop' },
      };
}

export function resumeStep(writer: OtherWriter): PlanStep {
  const { kind, name } = writer;
  const about = { id: `resume-${name}`, undo: 'none: users have written by then' };
  return kind === 'command'
    ? {
        ...about,
        title: `Start the writer ${name} again: ${writer.command.start.join(' ')}`,
        action: { kind: 'startWriter', writer: name },
      }
    : {
        ...about,
        title: `A person starts ${name} again, which is outside of the system, and ticks it`,
        action: { kind: 'askWriter', writer: name, to: 'start' },
      };
}

/** A migration by a command, on what is live; `undefined` for none, and for one by a runbook of steps, which works on the copy. */
export function migrationCommand(recovery: Recovery | undefined): MigrationCommand | undefined {
  const { command, check, timeout } = recovery?.migrate ?? {};
  if (command === undefined || check === undefined || timeout === undefined) return undefined;
  return { command, check, timeout };
}

/** Services are not started before it. */
export function migrateSteps(recovery: Recovery | undefined): PlanStep[] {
  const migration = migrationCommand(recovery);
  if (migration === undefined) return [];
  return [
    {
      id: 'migrate',
      title: `Migrate what is live now, unless ${migration.check.join(' ')} says that it is: ${migration.command.join(' ')}`,
      undo: 'none: what was live is in quarantine as it was',
      action: { kind: 'migrate' },
    },
  ];
}

/** One step for each list of what was sent outside since the recovery point. */
export function outsideStep({ name, look }: { name: string; look: string }): PlanStep {
  return {
    id: `outside-${name}`,
    title: `A person looks through what went outside since the recovery point, and ticks it: ${name}: ${look}`,
    undo: 'none: nothing is changed by it',
    action: { kind: 'askOutside', name },
  };
}
