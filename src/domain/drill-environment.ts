// What a service is given in a drill: its settings as the drill changes them, and none of its secrets. Whoever holds no
// credentials of anything live cannot use them, whatever it is that runs.
import type { Setting } from '../config/system.ts';
import type { RevisionSpec } from './model.ts';

export interface DrillEnvironment {
  environment: Record<string, string>;
  /** Names of secret settings that are left out. */
  withheld: string[];
}

export function drillEnvironment(
  spec: RevisionSpec,
  changed: Readonly<Record<string, string | number | boolean>>,
): DrillEnvironment {
  const settings: [string, Setting][] = Object.entries({ ...spec.configuration, ...changed });
  const plain = settings.flatMap(([name, value]) =>
    typeof value === 'object' ? [] : [[name, String(value)] as const],
  );
  return {
    environment: {
      ...Object.fromEntries(plain),
      PORT: String(spec.port),
      HOST: '127.0.0.1',
      FAIRLEAD_SYSTEM: spec.system,
      FAIRLEAD_SERVICE: spec.service,
      FAIRLEAD_REVISION: spec.id,
      FAIRLEAD_VERSION: spec.version,
      FAIRLEAD_DRILL: 'true',
    },
    withheld: settings.flatMap(([name, value]) => (typeof value === 'object' ? [name] : [])),
  };
}
