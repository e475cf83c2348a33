/** Shells whose completion was tried with the shell itself. */
export type CompletedShell = "bash" | "zsh" | "fish";

/** What a shell asks for the words that fit: behind `--` what was typed, the word under the cursor last. */
const ask = "zenthrex completion --suggest --";

/** bash 3.2 too, macOS's own: no mapfile, no compopt. */
const bash = `_zenthrex() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <(${ask} "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _zenthrex zenthrex
`;

/** Works as a file of $fpath and by eval: the first runs the file as the function itself. */
const zsh = `#compdef zenthrex
_zenthrex() {
  local line
  local -a found
  for line in "\${(@f)$(${ask} "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -n $line ]] && found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  if (( \${#found} )); then
    _describe zenthrex found
  else
    _files
  fi
}
if [[ \${funcstack[1]} == _zenthrex ]]; then
  _zenthrex "$@"
else
  compdef _zenthrex zenthrex
fi
`;

/** Files are offered behind \`run\` only: fish would else mix them into every list. */
const fish = `function __zenthrex_suggest
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    test (count $current) -eq 0; and set current ''
    ${ask} $before[2..-1] $current 2>/dev/null
end
complete -c zenthrex -f -a '(__zenthrex_suggest)'
complete -c zenthrex -n '__fish_seen_subcommand_from run' -F
`;

/** The script that teaches a shell to complete \`zenthrex\`. It asks the program, so that it stays right when that is updated. */
export const completionScripts: Readonly<Record<CompletedShell, string>> = { bash, zsh, fish };
