// The top of a report: how it ended, what is served now, whether anything is left over, who asked, when, how long.
import { spanBetween } from '../domain/text/markdown.ts';
import type { Report } from '../domain/record/report.ts';
import { badge, code, small, strong, type Fact, type Words } from './document.ts';
import { counted, kindWords, servingWords, signingKey, waitedMs, waitedWords } from './wording.ts';

export const NAMELESS = 'an operation without a name';
/** Services whose traffic stands in the head; the others have it further down. */
const MOST_SERVICES = 5;

export function factsOf(report: Report): Fact[] {
  const { verdict } = report;
  return [
    { name: 'Verdict', value: verdict === null ? 'none' : badge(verdict) },
    {
      name: report.endedAt === null ? 'Serves now' : 'Served at the end',
      value: [strong(servingWords(report)), ...shares(report)],
    },
    { name: 'Left over', value: leftOver(report) },
    { name: 'Took', value: took(report) },
    { name: 'Requested by', value: report.requestedBy ?? 'nobody known' },
    { name: 'Reason', value: report.reason ?? 'none given' },
    { name: 'Started', value: timeOr(report.startedAt, 'not known') },
    { name: 'Ended', value: timeOr(report.endedAt, 'not yet') },
  ];
}

function leftOver({ clean, leftovers }: Report): Words {
  if (clean) return badge('nothing: clean', 'good');
  return leftovers.length === 0
    ? 'not known yet'
    : badge(counted(leftovers.length, 'thing'), 'bad');
}

function took(report: Report): Words {
  const whole = spanBetween(report.startedAt, report.endedAt);
  const waited = waitedWords(waitedMs(report));
  if (whole === '') return 'it has not ended';
  return waited === '' ? strong(whole) : [strong(whole), small(waited)];
}

/** The weights that were read back last, of each service. */
function shares({ weights }: Report): Words[] {
  const last = new Map(weights.map((one) => [one.service, one.versions]));
  return [...last].slice(0, MOST_SERVICES).map(([service, versions]) => {
    const shown = versions.map(({ version, percent }) => `${version} ${percent} %`).join(', ');
    return small(`${service}: ${shown === '' ? 'no traffic' : shown}`);
  });
}

function timeOr(at: string | null, unknown: string): Words {
  return at === null ? unknown : { as: 'time', at, alone: true };
}

const READERS_OF_THE_KEY: Fact = {
  name: 'The signature proves nothing against',
  value: 'who can read the key: root, the user of the worker, and services that run as that user',
};

/** Ids and digests, for those who look it up elsewhere. */
export function identityOf(report: Report): Fact[] {
  const { evidence } = report;
  const key = signingKey(report);
  const count = counted(evidence.entries.length, 'entry', 'entries');
  return [
    { name: 'Operation', value: code(report.operation) },
    { name: 'Kind', value: kindWords(report) },
    { name: 'Run', value: code(report.runId) },
    { name: 'System', value: report.system },
    { name: 'Digest of the system file', value: code(report.systemDigest) },
    { name: 'Evidence', value: `${count}; the hash of the last one covers all of them` },
    { name: 'Hash of the last entry', value: code(evidence.head ?? 'none') },
    { name: 'Signed by the key', value: key === undefined ? 'not signed' : code(key) },
    ...(key === undefined ? [] : [READERS_OF_THE_KEY]),
  ];
}
