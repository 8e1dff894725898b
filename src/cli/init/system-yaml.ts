// The text of the system file that `fairlead init` writes, with comments that say what to change later.
import { dataYaml, usesYaml, type WantedData } from './datastore-yaml.ts';
import { quoted } from './quoted.ts';

export interface Wanted {
  system: string;
  service: string;
  command: string[];
  port: number;
  health: string;
  replicas: number;
  data?: WantedData;
  /** Is a person asked before half of the users get a new version? */
  asks: boolean;
}

export function systemYaml(wanted: Wanted): string {
  const { system, service, command, port, health, replicas, data } = wanted;
  const page = data === undefined ? 'that users need,' : 'whose answer needs the data,';
  return `# yaml-language-server: $schema=../system.schema.json
# Every key is explained in docs/system-file.md. "fairlead check ${system}" names mistakes.
system: ${system}

services:
  ${service}:
    platform: local # processes on this machine
    # Started once per replica; it has to listen on the environment's HOST and PORT.${command.join(' ').includes('{version}') ? '' : '\n    # The same program whatever the version: put {version} into its path, or read FAIRLEAD_VERSION.'}
    command: ${flowList(command)}
${filesLine(command)}    port: ${port} # where users come
    replicas: ${replicas}
    health: { path: ${quoted(health)} } # a status from 200 to 399 says that it can answer${data === undefined ? '' : usesYaml(data)}
    rollout:
      canary:
        analysis: errors
        # Short, to try it. Minutes to hours where users are.
        steps:
          - { weight: 10, bake: 15s${wanted.asks ? ', approval: promote' : ''} }
          - { weight: 50, bake: 15s }
        watch: 30s
      insurance: 10m # how long the version before is kept for a roll-back
    checks:
      # Asked of a new version before it gets a user. That it is up says little: replace it by a page
      # ${page} with a word that has to stand there: { name: orders, http: /orders, contains: rope }
      smoke:
        - { name: health, http: ${quoted(health)} }

analyses:
  errors:
    source: scrape # what Fairlead itself counts of each version
    interval: 3s
    # A measurement needs 20 requests (minimumSamples); when too few come, it asks a person.
    metrics:
      error-ratio:
        ratio: { of: 'fairlead_requests_total{code=~"499|5.."}', to: fairlead_requests_total }
        max: 0.05
${wanted.asks ? approvals() : ''}${data === undefined ? '' : dataYaml(wanted, data)}`;
}

/** What of the command is a file of the version: a version that is not there is then refused before anything starts. */
function filesLine(command: readonly string[]): string {
  const files = command.filter((word) => /^(?!\.\.)[\w.{}/-]*\{version\}[\w.{}/-]+$/.test(word));
  if (files.length === 0) return '';
  return `    files: ${flowList(files)} # has to be there: a version that is not is refused\n`;
}

function approvals(): string {
  return `
approvals:
  promote: # anyone but who asked for the deploy; name people by from: [ana, ben]
    quorum: 1
    deadline: 1h
    reminder: 10m
`;
}

function flowList(words: readonly string[]): string {
  return `[${words.map(quoted).join(', ')}]`;
}
