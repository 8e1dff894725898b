// The table of demonstrations.
import type { Demonstration } from './demonstration.ts';

/** By the name that `fairlead demo NAME` takes. */
export const DEMONSTRATIONS = {
  aislemarts: async () => (await import('./aislemarts.ts')).AISLEMARTS,
  canary: async () => (await import('./canary.ts')).CANARY,
  'blue-green': async () => (await import('./blue-green.ts')).BLUE_GREEN,
  drill: async () => (await import('./drill.ts')).DRILL,
  incident: async () => (await import('./incident.ts')).INCIDENT,
  inventory: async () => (await import('./inventory.ts')).INVENTORY,
  recover: async () => (await import('./recover.ts')).RECOVER,
} satisfies Record<string, () => Promise<Demonstration>>;

export type DemonstrationName = keyof typeof DEMONSTRATIONS;
