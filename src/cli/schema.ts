// `fairlead schema`: the JSON Schema of a system file, for editors.
import type { Command } from 'commander';

export function register(program: Command): void {
  program
    .command('schema')
    .description('print the JSON Schema of system.yaml, for editors')
    .option('--json', 'the same: a JSON Schema is JSON')
    .allowExcessArguments(false)
    .addHelpText(
      'after',
      `
Examples:
  $ fairlead schema > system.schema.json
  and as the first line of a system.yaml:
  # yaml-language-server: $schema=../../system.schema.json`,
    )
    .action(async () => {
      const { systemJsonSchema } = await import('../config/json-schema.ts');
      process.stdout.write(`${JSON.stringify(systemJsonSchema(), null, 2)}\n`);
    });
}
