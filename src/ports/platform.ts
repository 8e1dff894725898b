// One kind of platform: its ports, and what it can do. All kinds are named in platforms/registry.ts.
import type { ServiceByHand } from '../domain/by-hand/by-hand.ts';
import type { PlatformCapabilities } from '../domain/capabilities.ts';
import type { ServiceRef } from '../domain/rollout/model.ts';
import type { ServiceTarget } from '../domain/rollout/service-target.ts';
import type { IsolationPort } from './isolation.ts';
import type { TrafficPort } from './traffic.ts';
import type { WorkloadPort } from './workload.ts';

/** What a person types to change a service without Fairlead. */
export type PlatformByHand = (service: ServiceRef) => ServiceByHand;

export interface Platform {
  workload: WorkloadPort;
  traffic: TrafficPort;
  /** There where the platform can isolate (`capabilities.isolation`). */
  isolation?: IsolationPort;
  /** Absent where nobody wrote it down: the page says what is to be done, and not how. */
  byHand?: PlatformByHand;
  capabilities: PlatformCapabilities;
  /** What it can do for this service; absent where that is the same for all. */
  capabilitiesFor?: (service: ServiceTarget) => PlatformCapabilities;
}
