// Values that another value, often a default that nobody wrote, makes idle: a reminder after the deadline, a bake that no
// analysis can measure in, a declaration that nothing names.
import { RECOVERY_APPROVAL } from '../../domain/recovery/recovery-defaults.ts';
import { durationText } from '../../domain/text/duration-text.ts';
import type { Path } from '../reading/located.ts';
import type { Readable } from '../reading/salvage.ts';
import { remarksIn, under, type Remark, type Row } from '../remark.ts';
import type { Analysis, ApprovalPolicy, Service } from '../system.ts';

type Wrote = (path: Path) => boolean;

export function idleRemarks(file: Readable, wrote: Wrote): Remark[] {
  const { services, approvals, analyses, drill } = file;
  return [
    ...Object.entries(services).flatMap(([name, service]) => {
      const path = ['services', name];
      const own: Wrote = (rest) => wrote([...path, ...rest]);
      return under(path, [
        ...serviceRemarks(service, own),
        ...bakeRemarks(service, analyses, own),
        ...recoveryRemarks(service, drill?.rto, own),
      ]);
    }),
    ...Object.entries(approvals).flatMap(([name, policy]) =>
      under(['approvals', name], reminderRemarks(policy)),
    ),
    ...unusedRemarks('analysis', 'analyses', file.analysisNames, namedIn(services, 'analysis')),
    ...unusedRemarks('approval', 'approvals', file.approvalNames, askedIn(file)),
  ];
}

/** Set by Fairlead for every process: what a file says of them is lost. */
const OWN_VARIABLE = /^(?:HOST|PORT|FAIRLEAD_\w+)$/;

function serviceRemarks(
  { configuration, health, checks, rollout }: Service,
  wrote: Wrote,
): Remark[] {
  const { blueGreen, deadlines } = rollout;
  const previews = checks.preview.length > 0;
  return remarksIn([
    [
      !wrote(['health', 'path']),
      ['health'],
      `nobody said which path tells that a process is ready: ${health.path} is asked; write health: {path: ${health.path}}, or another`,
    ],
    ...Object.keys(configuration).map((key): Row => [
      OWN_VARIABLE.test(key),
      ['configuration', key],
      `${key} is set by Fairlead for each process, and this value is lost; remove it`,
    ]),
    [
      previews && blueGreen === undefined,
      ['checks', 'preview'],
      'these checks are never run: only a blue-green deploy has a preview; write rollout.blueGreen, or move them to smoke',
    ],
    [
      previews && blueGreen?.preview.bake === 0,
      ['rollout', 'blueGreen', 'preview'],
      'the checks of the point preview are asked during preview.bake, which is 0s; write how long',
    ],
    [
      deadlines.ready <= health.interval,
      ['rollout', 'deadlines', 'ready'],
      `a version has ${durationText(deadlines.ready)} to be ready, and its health is asked every ${durationText(health.interval)}; write a longer deadline`,
    ],
  ]);
}

interface Bake {
  path: Path;
  ms: number;
  names: readonly string[];
  words: string;
}

/** Each bake with what judges it. */
function bakesOf({ rollout: { canary, blueGreen } }: Service, wrote: Wrote): Bake[] {
  const steps = (canary?.steps ?? []).map(({ bake, analysis, weight }, at) => {
    const path = ['canary', 'steps', at];
    const words = `the bake at ${weight} % (${said(bake, wrote(['rollout', ...path, 'bake']))})`;
    return {
      path,
      ms: bake,
      names: weight === 100 ? [] : (analysis ?? canary?.analysis ?? []),
      words,
    };
  });
  const watches = (
    [
      ['canary', canary],
      ['blueGreen', blueGreen],
    ] as const
  ).flatMap(([key, one]) =>
    one === undefined
      ? []
      : [
          {
            path: [key],
            ms: one.watch,
            names: one.analysis ?? [],
            words: `the watch (${said(one.watch, wrote(['rollout', key, 'watch']))})`,
          },
        ],
  );
  return [...steps, ...watches];
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function said(ms: number, isWritten: boolean): string {
  return `${durationText(ms)}${isWritten ? '' : ', by default'}`;
}

function bakeRemarks(
  service: Service,
  analyses: Readonly<Record<string, Analysis>>,
  wrote: Wrote,
): Remark[] {
  return bakesOf(service, wrote).flatMap(({ path, ms, names, words }) =>
    names.flatMap((name) => {
      const analysis = analyses[name];
      if (analysis === undefined) return [];
      const { interval, limits } = analysis;
      const most = Math.floor(ms / interval);
      const at = ['rollout', ...path];
      return remarksIn([
        [
          interval > ms,
          at,
          `${words} is shorter than the interval of the analysis ${name} (${durationText(interval)}), which measures nothing there; write a longer one`,
        ],
        [
          most > 0 && limits.failures >= most,
          at,
          `${words} has room for ${counted(most, 'measurement')} of the analysis ${name}, which forgives ${counted(limits.failures, 'failure')}: it could not fail there; write a longer one, or smaller limits`,
        ],
      ]);
    }),
  );
}

function recoveryRemarks(
  { rollout: { deadlines } }: Service,
  rto: number | undefined,
  wrote: Wrote,
): Remark[] {
  const byDefault = wrote(['rollout', 'deadlines', 'ready']) ? '' : ' by default';
  return remarksIn([
    [
      rto !== undefined && deadlines.ready >= rto,
      ['rollout', 'deadlines', 'ready'],
      `a version may${byDefault} take ${durationText(deadlines.ready)} to be ready, and a whole recovery ${durationText(rto ?? 0)} (drill.rto); write a shorter deadline`,
    ],
  ]);
}

/** A reminder at or after the deadline that no file wrote: one that was written is refused (approval.ts). */
function reminderRemarks({ reminder, deadline }: ApprovalPolicy): Remark[] {
  return remarksIn([
    [
      reminder >= deadline,
      ['deadline'],
      `nobody is reminded: a reminder comes after ${durationText(reminder)}, by default, and the deadline is ${durationText(deadline)}; write reminder`,
    ],
  ]);
}

function namedIn(services: Readable['services'], what: 'analysis' | 'approval'): Set<string> {
  return new Set(
    Object.values(services).flatMap(({ rollout: { canary, blueGreen } }) =>
      [canary, ...(canary?.steps ?? []), blueGreen, blueGreen?.preview].flatMap(
        (one: { analysis?: string[]; approval?: string } = {}) => one[what] ?? [],
      ),
    ),
  );
}

function unusedRemarks(
  what: string,
  section: string,
  declared: readonly string[],
  named: ReadonlySet<string>,
): Remark[] {
  return remarksIn(
    declared.map((name) => [
      !named.has(name),
      [section, name],
      `no service names this ${what}, so it does nothing; name it in rollout, or remove it`,
    ]),
  );
}

/** Approvals that a rollout, a recovery or a hotfix asks for. */
function askedIn({ services, recovery, changes }: Readable): ReadonlySet<string> {
  const asked = namedIn(services, 'approval').add(recovery?.approval ?? RECOVERY_APPROVAL);
  return changes?.hotfix === undefined ? asked : asked.add(changes.hotfix);
}
