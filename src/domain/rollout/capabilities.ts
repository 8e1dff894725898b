// What a kind of platform can do, in words, and what a step of a plan asks of it that it cannot do: said before anything is
// changed.
import type { PlatformCapabilities } from '../capabilities.ts';
import { isRecord } from '../json.ts';
import type { StepAction } from '../operation/plan.ts';
import type { Weights } from './model.ts';

/** Each capability that people meet, by its value. */
const WORDS = {
  weights: { fractional: 'any share of traffic', whole: 'whole percents of traffic' },
  partialAdmission: {
    sticky: 'lets a part of the clients in',
    none: 'lets in all clients or none',
  },
  preview: {
    address: 'tries a version without traffic at an address of its own',
    headers: 'tries a version without traffic by headers',
    none: 'tries no version without traffic',
  },
  replicas: { counted: 'counts replicas', elastic: 'has as many replicas as it finds right' },
  scaleToZero: { true: '', false: 'keeps one replica at least' },
  restart: { true: 'restarts replica by replica', false: 'restarts nothing' },
  isolation: { true: 'isolates drills', false: 'isolates no drill' },
  settle: { true: 'has an object of its own to settle', false: '' },
} satisfies Partial<Record<keyof PlatformCapabilities, Record<string, string>>>;

/** The value of each capability that is less than others can do. */
const LESS = {
  weights: 'whole',
  partialAdmission: 'none',
  preview: 'none',
  replicas: 'elastic',
  scaleToZero: false,
  restart: false,
  isolation: false,
} satisfies Partial<PlatformCapabilities>;

/** What a platform does less than others, in words: empty where it does all. */
export function lackingWords(capabilities: PlatformCapabilities): string[] {
  const lacking = Object.entries(LESS).filter(
    ([name, less]) => valueOf(capabilities, name) === less,
  );
  return capabilityWords(Object.fromEntries(lacking));
}

function valueOf(capabilities: object, name: string): unknown {
  return Object.entries(capabilities).find(([one]) => one === name)?.[1];
}

/** `shown`: the capabilities as a plan has them, which may be one of another version of Fairlead. */
export function capabilityWords(shown: unknown): string[] {
  if (!isRecord(shown)) return [];
  const { patience } = shown;
  const seen = typeof patience === 'number' ? `changes seen within ${patience / 1000} s` : '';
  const said = Object.entries(WORDS).map(([name, words]) => {
    const byValue: Readonly<Record<string, string>> = words;
    return byValue[String(shown[name])] ?? '';
  });
  return [...said, seen].filter((one) => one !== '');
}

/** A sentence's end, such as `sets whole percents, and 2.5 % is asked for`; undefined when it can do it. */
export function lackingFor(
  action: StepAction,
  capabilities: PlatformCapabilities,
): string | undefined {
  switch (action.kind) {
    case 'weights':
      return lackingForWeights(action.weights, capabilities);
    case 'admit':
      return capabilities.partialAdmission === 'sticky' || [0, 100].includes(action.percent)
        ? undefined
        : `lets all clients in or none, and ${action.percent} % is asked for`;
    case 'scale':
      return lackingForScale(action.replicas, capabilities);
    case 'restart':
      return capabilities.restart
        ? undefined
        : 'cannot replace replicas one after the other; deploy a version anew instead';
    case 'settle':
      return capabilities.settle ? undefined : 'keeps no object of its own that could be settled';
    case 'isolate':
      return capabilities.isolation
        ? undefined
        : 'starts nothing apart from what is live: no drill, and no rung usable';
    case 'check':
      return action.point === 'smoke' && capabilities.preview === 'none'
        ? 'has no address that reaches a version without traffic, where smoke checks could be run'
        : undefined;
    default:
      return undefined;
  }
}

function lackingForWeights(
  weights: Weights,
  { weights: shares }: PlatformCapabilities,
): string | undefined {
  const part = weights.find(({ percent }) => !Number.isInteger(percent));
  if (shares === 'fractional' || part === undefined) return undefined;
  return `sets whole percents, and ${part.percent} % for ${part.version} is asked for`;
}

function lackingForScale(
  count: number,
  { replicas, scaleToZero }: PlatformCapabilities,
): string | undefined {
  if (replicas === 'elastic') return 'has as many replicas as it finds right, and takes no number';
  if (count === 0 && !scaleToZero) return 'keeps one replica at least';
  return undefined;
}
