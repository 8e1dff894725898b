// Keeps lines of an incident's timeline in the object store, where they outlive Temporal's memory of its workflow.
import type { Incident } from '../../domain/incident/incident.ts';
import type { TimelineLine } from '../../domain/incident/timeline.ts';
import type { IncidentsPort } from '../../ports/incidents.ts';
import type { Call } from '../call.ts';

export async function keepTimeline(
  input: { incident: Incident; lines: TimelineLine[] },
  call: Call,
  { incidents }: { incidents: IncidentsPort },
): Promise<null> {
  await incidents.append(input, call);
  return null;
}
