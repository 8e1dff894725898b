// `fairlead check [SYSTEM]`: every mistake in the system files, and `fairlead schema`: their JSON Schema, for editors.
// Neither needs Temporal or a worker; `check` is the one verb that reads the systems folder itself.
import type { Command } from 'commander';
import { describeValue } from '../../domain/text/describe-value.ts';
import { EXIT, ExitError } from '../exit.ts';
import { writeText } from '../output/write-text.ts';
import { withLooking, type CommonOptions } from '../command-options.ts';

export function register(program: Command): void {
  registerCheck(program);
  registerSchema(program);
}

function registerCheck(program: Command): void {
  const command = program
    .command('check')
    .argument('[system]', 'the name of its folder (default: every one there is)')
    .description('name every mistake in the system files, with file and line');
  const examples = ['check', 'check commercial-view', 'check --systems ./systems --json'];
  const systems = 'the folder of system files to read (FAIRLEAD_SYSTEMS, default systems)';
  command.option('--systems <dir>', systems);
  withLooking(command, examples).action(
    async (system: string | undefined, options: CommonOptions) => {
      const { check } = await import('../output/check-systems.ts');
      await check(options.systems ?? process.env['FAIRLEAD_SYSTEMS'] ?? 'systems', system, options);
    },
  );
}

function registerSchema(program: Command): void {
  program
    .command('schema')
    .argument('[kind]', 'system, runbook')
    .description('print the JSON Schema of system.yaml, or of a runbook of steps, for editors')
    .option('--json', 'the same: a JSON Schema is JSON')
    .option('--out <file>', 'write it there instead')
    .allowExcessArguments(false)
    .addHelpText(
      'after',
      `
Examples:
  $ fairlead schema --out systems/system.schema.json
  and as the first line of systems/shop/system.yaml:
  # yaml-language-server: $schema=../system.schema.json
  $ fairlead schema runbook --out systems/runbook.schema.json
  and as the first line of systems/shop/runbooks/errors.yaml:
  # yaml-language-server: $schema=../../runbook.schema.json`,
    )
    .action(async (kind: string | undefined, { out }: { out?: string }) => {
      const text = `${JSON.stringify(await schemaOf(kind ?? 'system'), null, 2)}\n`;
      if (out === undefined) process.stdout.write(text);
      else await writeText(out, text, 'the schema');
    });
}

async function schemaOf(kind: string): Promise<object> {
  switch (kind) {
    case 'system': {
      const { systemJsonSchema } = await import('../../config/reading/json-schema.ts');
      return systemJsonSchema();
    }
    case 'runbook': {
      const { runbookEditorSchema } = await import('../../config/steps/runbook-file.ts');
      return runbookEditorSchema();
    }
    default:
      throw new ExitError(
        EXIT.badInput,
        `the schema of ${describeValue(kind)} is asked for, allowed: system, runbook`,
      );
  }
}
