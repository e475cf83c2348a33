/**
 * A unit for the user's own systemd. Shape: `words` is the command line, `variables` its environment.
 * It is restarted after a crash, not after a wanted end; wrong usage (2), a key that can't be one (3) and files that can't be read (6)
 * don't mend themselves. 40 s to stop cover the drain of 30 s.
 * Source: systemd.service(5), systemd.exec(5), systemd.syntax(7).
 */
export function systemdUnit(
  words: readonly string[],
  variables: readonly (readonly [name: string, value: string])[],
): string {
  const [program = "", ...args] = startableWords(words);
  return [
    "[Unit]",
    "Description=zenthrex, the local way of coding tools to ZenthrexApi",
    "StartLimitIntervalSec=60",
    "StartLimitBurst=10",
    "",
    "[Service]",
    "Type=exec",
    `ExecStart=${[quoted(program), ...args.map((word) => quoted(word).replaceAll("$", "$$$$"))].join(" ")}`,
    ...variables.map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}`),
    "Restart=on-failure",
    "RestartSec=1",
    "RestartPreventExitStatus=2 3 6",
    "TimeoutStopSec=40",
    "LimitNOFILE=65536",
    "NoNewPrivileges=yes",
    "UMask=0077",
    "",
    "[Install]",
    "WantedBy=default.target",
    "",
  ].join("\n");
}

/** systemd refuses a program whose path holds quotes or backslashes, but not an argument: `env` then starts it, and is no more. */
function startableWords(words: readonly string[]): readonly string[] {
  return /["'\\$]/.test(words[0] ?? "") ? ["/usr/bin/env", ...words] : words;
}

/** One word: quotes and backslashes escaped, % doubled because it begins a specifier. A path may hold any of them. */
function quoted(word: string): string {
  const escaped = word.replace(/[\\"]/g, "\\$&").replaceAll("%", "%%").replaceAll("\n", "\\n").replaceAll("\t", "\\t");
  return `"${escaped}"`;
}
