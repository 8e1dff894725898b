// The shape of systems/<name>/system.yaml, put together from its sections: everything an operator writes is declared here
// once, and the types below are what the rest of Fairlead works with (durations are milliseconds by then). What one value
// says about another (weights that rise, names that are declared) is checked in rules.ts.
import { z } from 'zod';
import { analysisSchema } from './analysis.ts';
import { approvalSchema, keysSchema } from './approval.ts';
import { channelSchema } from './channel.ts';
import { datastoreSchema } from './datastores.ts';
import { drillSchema } from './drill.ts';
import { alertsSchema } from './people/alerts.ts';
import { peopleSchema } from './people/people.ts';
import { recoverySchema } from './recovery.ts';
import { schedulesSchema } from './schedules.ts';
import { serviceSchema } from './service.ts';
import { changesSchema } from './time/changes.ts';
import { maintenanceSchema } from './time/maintenance.ts';
import { name } from './terms.ts';

const oneService = (services: object) => Object.keys(services).length > 0;

export const systemSchema = z.strictObject({
  system: name.meta({ meaning: 'The name of the folder that the file lies in.', example: 'shop' }),
  description: z
    .exactOptional(z.string())
    .meta({ meaning: 'A sentence for people.', example: 'The shop.' }),
  base: z.exactOptional(name).meta({
    meaning:
      'Another system whose file this one starts from. Maps are merged, lists are replaced; all relative paths are meant from the folder of the first base.',
    example: 'shop',
  }),
  services: z
    .record(name, serviceSchema)
    .refine(oneService, 'declare at least one service: `name: {platform, command, port, ...}`')
    .meta({ meaning: 'The programs that users reach, by a name of yours.' }),
  datastores: z.exactOptional(z.record(name, datastoreSchema)).meta({
    meaning: 'What services keep their data in, and how it is backed up, by a name of yours.',
  }),
  drill: z
    .exactOptional(drillSchema)
    .meta({ meaning: 'How a recovery is rehearsed, and how long it may take.' }),
  recovery: z.exactOptional(recoverySchema).meta({
    meaning: 'How damaged data are exchanged for a backup: who is asked, how users come back.',
  }),
  analyses: z
    .record(name, analysisSchema)
    .prefault({})
    .meta({ meaning: 'What judges a new version by its metrics, by a name of yours.' }),
  approvals: z
    .record(name, approvalSchema)
    .prefault({})
    .meta({ meaning: 'Who is asked, and for how long, by a name of yours.' }),
  keys: z.exactOptional(keysSchema).meta({
    meaning:
      'The public keys of people whose answers are signed, by their names (`approvals.NAME.trust: signed`).',
    example: { ana: 'ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=' },
  }),
  notify: z.exactOptional(z.record(name, channelSchema)).meta({
    meaning:
      'Where people are told of what waits for them, and how it ended, by a name of yours; without it nowhere.',
  }),
  changes: z.exactOptional(changesSchema).meta({
    meaning:
      'When the system may be changed by what goes forward (deploys, restarts, scales); without it always.',
  }),
  maintenance: z.exactOptional(maintenanceSchema).meta({
    meaning: 'When people take the system down to work on it.',
  }),
  people: z.exactOptional(peopleSchema).meta({
    meaning: 'Who is told of incidents and when, their roles, and how long each phase may take.',
  }),
  alerts: z.exactOptional(alertsSchema).meta({
    meaning:
      'Which alerts open an incident, by the names that Alertmanager shows; one that is not named opens `unknown-alerts`.',
  }),
  schedules: z
    .exactOptional(schedulesSchema)
    .meta({ meaning: 'When backups are made, proved and checked; without it when somebody asks.' }),
});

export type System = z.output<typeof systemSchema>;
export type Service = System['services'][string];
export type Rollout = Service['rollout'];
export type CanaryStep = NonNullable<Rollout['canary']>['steps'][number];
export type Analysis = System['analyses'][string];
export type Metric = Analysis['metrics'][string];
export type ApprovalPolicy = System['approvals'][string];
export type CheckPoint = keyof Service['checks'];
export type Check = Service['checks'][CheckPoint][number];
export type Setting = Service['configuration'][string];
export type SystemFile = z.input<typeof systemSchema>;
