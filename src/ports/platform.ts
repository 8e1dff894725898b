// One kind of platform: its ports, and what it can do. All kinds are named in platforms/registry.ts.
import type { PlatformCapabilities } from '../domain/capabilities.ts';
import type { IsolationPort } from './isolation.ts';
import type { TrafficPort } from './traffic.ts';
import type { WorkloadPort } from './workload.ts';

export interface Platform {
  workload: WorkloadPort;
  traffic: TrafficPort;
  /** There where the platform can isolate (`capabilities.isolation`). */
  isolation?: IsolationPort;
  capabilities: PlatformCapabilities;
}
