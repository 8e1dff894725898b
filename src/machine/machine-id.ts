// Which machine this is: what lies in its folders (copies, isolated targets) is nobody's on another one.
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** The machine's own id (systemd's, which survives a new host name); its host name where it has none. */
export function machineId(): string {
  try {
    const id = readFileSync('/etc/machine-id', 'utf8').trim();
    if (/^[0-9a-f]{32}$/.test(id)) return id;
  } catch {
    // Not every machine has one.
  }
  return hostname();
}
