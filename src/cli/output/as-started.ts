// Commands in what is printed, so that they can be pasted: with the program as this command line was started, and with
// --as where the command would act for somebody else otherwise. Pure but for `typing`, which reads this process.
import { shellWord } from '../../domain/text/command-text.ts';

/** How somebody types commands. */
export interface Typing {
  /** `fairlead`, `npx fairlead`, `pnpm exec fairlead` ... */
  program: string;
  /** What --as said of this command; undefined where it was not typed. */
  as: string | undefined;
}

/** Verbs that are recorded under the name of who sends them. */
const ACTING: ReadonlySet<string> = new Set([
  ...[
    'deploy',
    'rollback',
    'stop',
    'admit',
    'scale',
    'restart',
    'freeze',
    'thaw',
    'run',
    'maintain',
    'tick',
    'choose',
    'incident',
    'backup',
    'verify',
    'drill',
    'recover',
  ],
  ...['promote', 'pause', 'resume', 'abort', 'retry', 'skip', 'adopt', 'hand-over'],
]);

/** Verbs that only look or start something here; and what somebody else is to give or to take. */
const OTHERS: readonly string[] = [
  ...[
    'approve',
    'reject',
    'status',
    'list',
    'health',
    'report',
    'evidence',
    'backups',
    'schedules',
    'quarantine',
  ],
  ...['history', 'logs', 'open', 'diff', 'take', 'runbooks', 'windows', 'alerts'],
  ...[
    'up',
    'down',
    'worker',
    'hooks',
    'init',
    'check',
    'schema',
    'grant',
    'completion',
    'judge',
    'port',
    'key',
    'demo',
  ],
];

/** Every verb there is. (The table of verbs loads what prints, and cannot be loaded here.) */
export const KNOWN_VERBS: readonly string[] = [...ACTING, ...OTHERS];

/** A command after the start of a line, a quote or a bracket, or a word that no package manager is. */
const COMMAND = new RegExp(
  `(^|[\\s"'\`(])(?<!\\b(?:npx|exec|yarn|bunx) )fairlead (${KNOWN_VERBS.join('|')}|VERB|--help)\\b( +(?:'[^']*'|[^\\s"'\`()<]+))?`,
  'gm',
);

/** `text` with every command of it as it can be pasted. */
export function asTyped(text: string, { program, as }: Typing): string {
  if (program === 'fairlead' && as === undefined) return text;
  return text.replace(COMMAND, (_, before: string, verb: string, argument: string = '') => {
    const who =
      as !== undefined && ACTING.has(verb) && /^ +[^-]/.test(argument)
        ? ` --as ${shellWord(as)}`
        : '';
    return `${before}${program} ${verb}${argument}${who}`;
  });
}

/** Package managers, by the start of what they put into `npm_config_user_agent`. */
const MANAGERS: readonly [agent: string, program: string][] = [
  ['pnpm/', 'pnpm exec fairlead'],
  ['yarn/', 'yarn fairlead'],
  ['bun/', 'bunx fairlead'],
];

/** `argv` and `env` are those of the process. */
export function typingOf(argv: readonly string[], env: NodeJS.ProcessEnv): Typing {
  const at = argv.findIndex((word) => word === '--as' || word.startsWith('--as='));
  const given = argv[at]?.startsWith('--as=') === true ? argv[at].slice(5) : argv[at + 1];
  return { program: programOf(argv[1] ?? '', env), as: at < 0 ? undefined : given };
}

function programOf(script: string, env: NodeJS.ProcessEnv): string {
  const agent = env['npm_config_user_agent'] ?? '';
  const isManaged = ['exec', 'run-script'].includes(env['npm_command'] ?? '');
  const isLocal = script.includes('/node_modules/');
  if (!isManaged && !isLocal) return 'fairlead';
  const found = isManaged ? MANAGERS.find(([name]) => agent.startsWith(name)) : undefined;
  return found?.[1] ?? 'npx fairlead';
}
