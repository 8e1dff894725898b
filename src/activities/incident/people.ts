// What an incident reads of its system file as it is now: who is told, and its texts as they may be shown.
import { peopleOf, type IncidentPeople } from '../../domain/incident/people.ts';
import { secretSource } from '../../domain/loaded-system.ts';
import type { Redactor } from '../../ports/redactor.ts';
import type { Call } from '../call.ts';
import { loadOrKept, type LoadOrKeptPorts } from '../load-or-kept.ts';
import { redactionOf } from '../redaction.ts';

/** Throws NotFound where there is no such system. A text without a readable system file is not shown at all. */
export async function readPeople(
  { system, texts }: { system: string; texts: string[] },
  call: Call,
  ports: LoadOrKeptPorts & { redactor: Redactor },
): Promise<{ people: IncidentPeople; texts: string[] }> {
  const loaded = await loadOrKept(system, call, ports);
  const shown = await redactionOf(ports.redactor, secretSource(loaded), [system]);
  return { people: peopleOf(loaded.system.people), texts: shown(texts) };
}
