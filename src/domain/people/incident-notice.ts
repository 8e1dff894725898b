// The words of a notice of an incident; what the public reads has nothing but what was written for it.
import type { IncidentNews, NoticeSubject } from './notice-facts.ts';

interface Field {
  name: string;
  value: string;
}

export function incidentWords({ title, text, to }: IncidentNews): {
  title: string;
  text: string;
  fields: Field[];
} {
  const fields = to.length === 0 ? [] : [{ name: 'To', value: to.join(', ') }];
  return { title, text: text === '' ? title : text, fields };
}

export function incidentCircumstances(
  system: string,
  { event, incident }: Extract<NoticeSubject, { incident: IncidentNews }>,
): Field[] {
  if (event === 'statusPage') return [];
  return [
    { name: 'System', value: system },
    { name: 'Severity', value: incident.severity },
    { name: 'Phase', value: incident.phase },
  ];
}
