// `fairlead key`: the key with which a person signs answers to gates. It stays on their machine; a system file names its line.
import { join } from 'node:path';
import type { Command } from 'commander';
import { withExamples, withLooking, type CommonOptions } from '../command-options.ts';
import { printJson, printText } from '../output/print.ts';

export function register(program: Command): void {
  const key = program.command('key').description('the key with which you sign answers to gates');
  withExamples(key, ['key new', 'key show --json']);
  for (const [name, description] of [
    ['new', 'make your key, and print the line of it that a system file names'],
    ['show', 'print the line of your key'],
  ] as const) {
    const command = key.command(name).description(description);
    withLooking(command, [`key ${name}`]).action(async (options: CommonOptions) => {
      const { makePersonalKey, personalKey } = await import('../../integrations/signing.ts');
      const file = keyFile();
      const { publicKey } = await (name === 'new' ? makePersonalKey(file) : personalKey(file));
      if (options.json === true) printJson({ schema: 'fairlead/key/v1', file, publicKey });
      else printText(publicKey);
    });
  }
}

/** Where the key of whoever runs this command lies. */
export function keyFile(): string {
  const { FAIRLEAD_KEY: file = '', XDG_CONFIG_HOME: folder = '', HOME: home = '/' } = process.env;
  if (file !== '') return file;
  return join(folder === '' ? join(home, '.config') : folder, 'fairlead', 'key');
}
