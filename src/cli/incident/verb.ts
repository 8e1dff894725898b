// `fairlead incident ...`: opens incidents, answers them, shows them, and writes the first draft of their post-mortem.
import type { Command } from 'commander';
import { withCommon, withExamples, withLooking, type CommonOptions } from '../command-options.ts';
import type { FollowUpFlags, UpdateFlags } from './messages.ts';
import type { OpenFlags } from './open.ts';
import type { ReportFlags } from './report.ts';

const INCIDENT =
  'an incident, SYSTEM/ID as "fairlead incident list" shows it, or SYSTEM where one is open';

export function register(program: Command): void {
  const incident = program
    .command('incident')
    .description('open, answer, show and close incidents')
    .enablePositionalOptions();
  withExamples(incident, [
    'incident open shop/api "checkout answers 500"',
    'incident ack shop',
    'incident show shop',
  ]);
  looking(incident);
  answering(incident);
}

function looking(incident: Command): void {
  const list = incident
    .command('list')
    .argument('[system]', 'only those of this SYSTEM')
    .description('list incidents, newest first; needs no worker')
    .option('--all', 'also those that are closed, as far as Temporal remembers');
  withLooking(list, ['incident list', 'incident list shop --all']).action(
    async (system: string | undefined, options: CommonOptions & { all?: boolean }) => {
      await (await import('./show.ts')).listIncidents(system, options);
    },
  );
  const show = incident
    .command('show')
    .argument('<incident>', INCIDENT)
    .description('say how an incident stands, what is due, and what happened last');
  withLooking(show, ['incident show shop/checkout-errors', 'incident show shop']).action(
    async (text: string, options: CommonOptions) => {
      await (await import('./show.ts')).showIncident(text, options);
    },
  );
  const report = incident
    .command('report')
    .argument('<incident>', INCIDENT)
    .description('write the first draft of its post-mortem, from what was kept')
    .option('--format <format>', 'md, html or json (default: as --out ends, else md)')
    .option('--out <file>', 'write it to a file')
    .option('--open', 'write the page and show it in a browser');
  withLooking(report, [
    'incident report shop/checkout-errors',
    'incident report shop/checkout-errors --out post-mortem.html',
  ]).action(async (text: string, options: ReportFlags) => {
    await (await import('./report.ts')).reportIncident(text, options);
  });
}

function answering(incident: Command): void {
  const open = incident
    .command('open')
    .argument('<target>', 'SYSTEM or SYSTEM/SERVICE, for example shop/api')
    .argument('<title>', 'what is wrong, in a few words')
    .description('open an incident: whoever is to be told is told, and its clocks run')
    .option('--severity <P0-P3>', 'how bad it is: P0 an outage, P3 no user is hurt', 'P1')
    .option('--id <id>', 'its name (default: the day and the time)');
  withCommon(open, [
    'incident open shop "checkout answers 500"',
    'incident open shop/api "slow since noon" --severity P2 --id slow-api',
  ]).action(async (target: string, title: string, options: OpenFlags) => {
    await (await import('./open.ts')).openIncident(target, title, options);
  });
  const ack = incident
    .command('ack')
    .argument('<incident>', INCIDENT)
    .description(
      'say that you look at it; the first one is its commander. Takes a hand-over to you, too',
    )
    .option('--note <text>', 'for the timeline');
  withCommon(ack, ['incident ack shop/checkout-errors', 'incident ack shop --as ben']).action(
    async (text: string, options: UpdateFlags) => {
      await (await import('./messages.ts')).acknowledge(text, options);
    },
  );
  updating(incident);
  const followUp = incident
    .command('follow-up')
    .argument('<incident>', INCIDENT)
    .argument('[text]', 'what is to be done')
    .description('note what is to be done afterwards, or change what was noted')
    .option('--owner <name>', 'who does it')
    .option('--due <day>', 'until when: 2027-01-31')
    .option('--number <n>', 'the follow-up that is changed, as show numbers it')
    .option('--done', 'it is done')
    .option('--past', 'with --due: that day is over already, and that is meant');
  withCommon(followUp, [
    'incident follow-up shop/checkout-errors "alert on the queue" --owner ben --due 2027-01-31',
    'incident follow-up shop/checkout-errors --number 1 --done',
  ]).action(async (id: string, text: string | undefined, options: FollowUpFlags) => {
    await (await import('./messages.ts')).followUp(id, text, options);
  });
  const close = incident
    .command('close')
    .argument('<incident>', INCIDENT)
    .description('close it: it is resolved, its follow-ups have owners, its review was held')
    .option('--review <text>', 'what came of the review')
    .option('--note <text>', 'for the timeline');
  withCommon(close, ['incident close shop/checkout-errors --review "held, see the wiki"']).action(
    async (text: string, options: UpdateFlags) => {
      await (await import('./messages.ts')).close(text, options);
    },
  );
}

function updating(incident: Command): void {
  const update = incident
    .command('update')
    .argument('<incident>', INCIDENT)
    .description('say how it stands, who does what, how bad it is')
    .option('--note <text>', 'a line of the timeline')
    .option('--severity <P0-P3>', 'how bad it is now')
    .option('--cause <text>', 'its cause is known')
    .option('--mitigated <text>', 'users are helped; it is watched')
    .option('--resolution <text>', 'it is over, and what helped')
    .option('--status-page <text>', 'what the public reads, through channels that take statusPage')
    .option('--link <address>', 'a page, or an operation such as rollback/shop/api')
    .option('--role <role=name>', 'give somebody a role: communications=eve')
    .option('--handover <name>', 'hand a role over; they take it with incident ack')
    .option('--of <role>', 'which role is handed over (default: commander)')
    .option('--decline <text>', 'say no to a hand-over to you, and why')
    .option('--review <text>', 'what came of the review, once it is resolved');
  withCommon(update, [
    'incident update shop --cause "the new index" --note "see the dashboard"',
    'incident update shop --role communications=eve',
    'incident update shop --handover ben',
    'incident update shop --resolution "rolled back to v1"',
  ]).action(async (text: string, options: UpdateFlags) => {
    await (await import('./messages.ts')).update(text, options);
  });
}
