// Evidence as text, one JSON entry a line. A crash may leave half a line, and two writers the same entry twice:
// both are passed over as long as no entry is missing because of it.
import { isEvidenceEntry } from './evidence-shape.ts';
import type { EvidenceEntry } from './evidence.ts';

export interface EvidenceLines {
  entries: EvidenceEntry[];
  /** Lines that are no entries, from 1. */
  unreadable: number[];
  /** Set when an entry is missing: which, and the line where it shows. */
  gap?: { seq: number; line: number };
}

export function readEvidenceLines(content: string): EvidenceLines {
  const entries: EvidenceEntry[] = [];
  const unreadable: number[] = [];
  for (const [index, line] of content.split('\n').entries()) {
    if (line.trim() === '') continue;
    const entry = parseLine(line);
    if (entry === undefined) unreadable.push(index + 1);
    else if (entry.seq === entries.length) entries.push(entry);
    else if (entry.seq > entries.length) {
      return { entries, unreadable, gap: { seq: entries.length, line: index + 1 } };
    }
  }
  return { entries, unreadable };
}

function parseLine(line: string): EvidenceEntry | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isEvidenceEntry(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
