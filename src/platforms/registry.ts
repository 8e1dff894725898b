// Every kind of platform there is, by the name that a system file gives it: one line each. Made once, by the worker.
import type { PlatformKind } from '../domain/rollout/service-target.ts';
import type { Platform } from '../ports/platform.ts';
import { createKubernetesPlatform } from './kubernetes/adapter.ts';
import { createLocalPlatform, type LocalPlatformInput } from './local/adapter.ts';

export function createPlatforms(input: LocalPlatformInput) {
  return {
    kubernetes: createKubernetesPlatform(),
    local: createLocalPlatform(input),
  } satisfies Record<PlatformKind, Platform>;
}
