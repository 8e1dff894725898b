// The isolation of a target, and what a probe of it proves: only a place that answers the live side, and at the same
// moment refuses the inside, shows that the target is isolated. Nothing is restored before that is shown.
import type { Finding } from '../analysis/finding.ts';
import { type Verdict, worst } from '../analysis/verdict.ts';

/** Where live data is reached. Paths are absolute; a host may be a name. */
export type LivePlace =
  | { datastore: string; kind: 'folder'; path: string }
  | { datastore: string; kind: 'address'; host: string; port: number };

/** How an attempt to connect ended. A time-out is `silent`: no proof of anything. */
export type Reach = 'reached' | 'refused' | 'silent';

export interface IsolationProbe {
  place: LivePlace;
  inside: Reach;
  outside: Reach;
  /** How the attempt from inside and the one from outside ended, as a sentence. */
  detail: string;
}

export interface IsolationJudgement {
  verdict: Verdict;
  reason: string;
  /** A finding for each live place. */
  findings: Finding[];
}

const EXPECTED = 'outside reached, inside refused';

/** `pass` only if every place was probed and passed; without any place there is nothing to prove it with. */
export function judgeIsolation(
  probes: readonly IsolationProbe[],
  places: readonly LivePlace[],
): IsolationJudgement {
  const findings = [
    ...probes.map(findingOf),
    ...places.filter((place) => !probes.some((one) => isSame(one.place, place))).map(unprobed),
  ];
  const verdict = worst(findings.map((one) => one.verdict));
  return { verdict, reason: reasonOf(verdict, findings), findings };
}

function describePlace(place: LivePlace): string {
  return place.kind === 'folder'
    ? `${place.datastore} in ${place.path}`
    : `${place.datastore} at ${place.host}:${place.port}`;
}

function findingOf({ place, inside, outside, detail }: IsolationProbe): Finding {
  const got = `outside ${outside}, inside ${inside}`;
  const about = { name: `fence ${place.datastore}`, samples: 2, expected: EXPECTED, got };
  const where = describePlace(place);
  if (inside === 'reached') {
    const reason = `${where} was reached from inside the target: the fence leaks (${detail})`;
    return { ...about, verdict: 'fail', reason };
  }
  if (inside === 'refused' && outside === 'reached') {
    const reason = `${where} answers outside, and is refused inside: ${detail}`;
    return { ...about, verdict: 'pass', reason };
  }
  const reason = `${where} proves nothing: ${got}; only what answers outside and is refused inside does (${detail})`;
  return { ...about, verdict: 'inconclusive', reason };
}

function unprobed(place: LivePlace): Finding {
  return {
    name: `fence ${place.datastore}`,
    verdict: 'inconclusive',
    reason: `${describePlace(place)} was not probed`,
    samples: 0,
    expected: EXPECTED,
    got: 'not probed',
  };
}

function reasonOf(verdict: Verdict, findings: readonly Finding[]): string {
  if (findings.length === 0) {
    return 'there is no live place to prove the fence with: declare the datastores of the system';
  }
  if (verdict === 'pass') {
    return `${findings.length} of ${findings.length} live places answer outside and are refused inside`;
  }
  const first = findings.find((one) => one.verdict === verdict);
  return `${first?.reason ?? ''}; nothing was put behind it`;
}

function isSame(one: LivePlace, other: LivePlace): boolean {
  if (one.kind === 'folder' || other.kind === 'folder') {
    return one.kind === 'folder' && other.kind === 'folder' && one.path === other.path;
  }
  return one.host === other.host && one.port === other.port;
}
