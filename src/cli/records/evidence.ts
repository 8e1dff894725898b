// `fairlead evidence verify`: is all that the object store has of runs and backups as it was written? Offline.
import { join } from 'node:path';
import type { Command } from 'commander';
import { withExamples, withLooking, type CommonOptions } from '../command-options.ts';
import { dataFolder } from '../data-folder.ts';

interface EvidenceOptions extends CommonOptions {
  objects?: string;
  key?: string[];
  head?: string;
}

export function register(program: Command): void {
  const command = program
    .command('evidence')
    .description('look over the records of all runs, and over the manifests of all backups');
  withExamples(command, ['evidence verify', 'evidence verify --json']);
  const verify = command
    .command('verify')
    .description(
      'name every record, entry of the index and manifest that was changed, removed or put there; offline',
    )
    .option(
      '--objects <dir>',
      'the object store (FAIRLEAD_OBJECTS, else objects in the data folder)',
    )
    .option('--key <key...>', 'the public keys that may have signed, files or sha256:…')
    .option('--head <head>', 'a head that was printed before, NUMBER:HASH: the index has it still');
  withLooking(verify, [
    'evidence verify',
    'evidence verify --key evidence.pub --head 42:5f0c…',
    'evidence verify --objects /srv/fairlead/objects --json',
  ]).action(async (options: EvidenceOptions) => {
    const { verifyAll } = await import('./verify-all.ts');
    const { FAIRLEAD_OBJECTS } = process.env;
    const usual = FAIRLEAD_OBJECTS ?? join(dataFolder(process.env, process.cwd()), 'objects');
    await verifyAll(options.objects ?? usual, options);
  });
}
