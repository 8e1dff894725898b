// The script that a shell loads for completion: it asks this very command for what can follow.

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** `command`: the program and its arguments that run Fairlead, as absolute paths. */
export function shellScript(shell: Shell, command: readonly string[]): string {
  const ask = `${command.map(inQuotes).join(' ')} completion --words --`;
  switch (shell) {
    case 'bash':
      return bash(ask);
    case 'zsh':
      return zsh(ask);
    case 'fish':
      return fish(ask);
  }
}

/** Single quotes, as all three shells read them. */
function inQuotes(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** Without a match of ours, bash completes names of files. */
const bash = (
  ask: string,
): string => `# fairlead: completion for bash. Load it: eval "$(fairlead completion bash)"
_fairlead() {
  local IFS=$'\\n'
  COMPREPLY=($(${ask} "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _fairlead fairlead
`;

const zsh = (ask: string): string => `#compdef fairlead
# fairlead: completion for zsh. Load it after compinit: eval "$(fairlead completion zsh)"
_fairlead() {
  local -a found
  found=(\${(f)"$(${ask} "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if (( \${#found} )); then compadd -Q -- $found; else _files; fi
}
compdef _fairlead fairlead
`;

const fish = (
  ask: string,
): string => `# fairlead: completion for fish. Load it: fairlead completion fish | source
function __fairlead_words
  set -l typed (commandline -opc)
  ${ask} $typed[2..-1] (commandline -ct) 2>/dev/null
end
complete -c fairlead -f -a '(__fairlead_words)'
complete -c fairlead -n 'test (count (__fairlead_words)) -eq 0' -F
`;
