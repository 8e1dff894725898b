// What a person types to change a service of the local host without Fairlead: the verbs of its control socket, which takes
// a change by hand with the name of who makes it, and no epoch.
import type { ByHand } from '../../../domain/by-hand/by-hand.ts';
import type { Weights } from '../../../domain/rollout/model.ts';
import { shellWord } from '../../../domain/text/command-text.ts';
import type { PlatformByHand } from '../../../ports/platform.ts';
import { hostPaths, type Verb } from '../protocol.ts';

/** Revisions with their percentages, sorted: the same as `sharesOf`. */
const SHARES =
  '[.weights[] | select(.percent > 0) | "\\(.revision) \\(.percent)"] | sort | join(", ")';

function sharesOf(weights: Weights): string {
  const shares = weights.filter(({ percent }) => percent > 0);
  return shares
    .map(({ revision, percent }) => `${revision} ${percent}`)
    .sort()
    .join(', ');
}

/** `data`: the data folder, absolute. */
export function localByHand(data: string): PlatformByHand {
  const { host } = hostPaths(data);
  const ask = (verb: Verb, body: object): string =>
    `curl -sS --fail-with-body -H 'content-type: application/json' --unix-socket "$(jq -r .socket ${shellWord(host)})" -d ${shellWord(JSON.stringify(body))} http://localhost/v1/${verb}`;
  const changing = (verb: Verb, body: object): ByHand['type'] => [
    ask(verb, { ...body, byHand: 'a person' }),
  ];
  return ({ system, service }) => {
    const of = { service: { system, service } };
    const looking = (filter: string, wanted: string, verb: Verb = 'read'): string[] => [
      `test "$(${ask(verb, of)} | jq -r ${shellWord(filter)})" = ${shellWord(wanted)}`,
    ];
    const one = (revision: string, field: string): string =>
      `.[] | select(.spec.id == ${JSON.stringify(revision)}) | .${field}`;
    return {
      preview: (revision) =>
        `"$(${ask('revisions', of)} | jq -r ${shellWord(one(revision, 'previewUrl'))})"`,
      ensure: (spec, replicas) => ({
        type: changing('ensure', { spec, replicas }),
        see: looking(one(spec.id, 'condition'), 'ready', 'revisions'),
      }),
      ready: (revision) => ({
        type: looking(one(revision, 'condition'), 'ready', 'revisions').map(
          (look) => `until ${look}; do sleep 1; done`,
        ),
        see: looking(one(revision, 'condition'), 'ready', 'revisions'),
      }),
      weights: (weights) => ({
        type: changing('set', { ...of, weights }),
        see: looking(SHARES, sharesOf(weights)),
      }),
      stop: () => ({ type: changing('stop', of), see: looking('.stopped', 'true') }),
      admit: (percent) => ({
        type: changing('admit', { ...of, percent }),
        see: looking('.admitPercent', String(percent)),
      }),
      scale: (revision, replicas) => ({
        type: changing('scale', { ...of, revision, replicas }),
        see: looking(one(revision, 'ready'), String(replicas), 'revisions'),
      }),
      restart: (revision) => ({
        type: [
          ...changing('restart', { ...of, revision }),
          '# its replicas are replaced one after the other; wait until "crashes" and "ready" stay',
        ],
        see: looking(one(revision, 'condition'), 'ready', 'revisions'),
      }),
      remove: (revision) => ({
        type: changing('remove', { ...of, revision }),
        see: looking(`[${one(revision, 'spec.id')}] | length`, '0', 'revisions'),
      }),
    };
  };
}
