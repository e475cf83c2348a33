import { xmlText } from "./xml-text.ts";

/** What an agent of launchd is made from. */
export interface LaunchdAgent {
  readonly label: string;
  readonly words: readonly string[];
  readonly variables: readonly (readonly [name: string, value: string])[];
  readonly home: string;
  /** Where a crash that the daemon can't log itself is written. */
  readonly outputFile: string;
}

/**
 * A property list for launchd: started at login, again after a crash, not after a wanted end. 63 is 077 in decimals, 40 s to stop cover
 * the drain of 30 s; without a process type macOS would slow it down like a backup.
 * Source: launchd.plist(5).
 */
export function launchdPlist(agent: LaunchdAgent): string {
  const { label, words, variables, home, outputFile } = agent;
  const string = (text: string): string => `<string>${xmlText(text)}</string>`;
  const environment =
    variables.length === 0
      ? []
      : [
          "  <key>EnvironmentVariables</key>",
          "  <dict>",
          ...variables.flatMap(([name, value]) => [`    <key>${xmlText(name)}</key>`, `    ${string(value)}`]),
          "  </dict>",
        ];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    "<dict>",
    "  <key>Label</key>",
    `  ${string(label)}`,
    "  <key>ProgramArguments</key>",
    "  <array>",
    ...words.map((word) => `    ${string(word)}`),
    "  </array>",
    ...environment,
    "  <key>RunAtLoad</key>",
    "  <true/>",
    "  <key>KeepAlive</key>",
    "  <dict>",
    "    <key>SuccessfulExit</key>",
    "    <false/>",
    "  </dict>",
    "  <key>ThrottleInterval</key>",
    "  <integer>10</integer>",
    "  <key>ExitTimeOut</key>",
    "  <integer>40</integer>",
    "  <key>ProcessType</key>",
    "  <string>Interactive</string>",
    "  <key>Umask</key>",
    "  <integer>63</integer>",
    "  <key>SoftResourceLimits</key>",
    "  <dict>",
    "    <key>NumberOfFiles</key>",
    "    <integer>65536</integer>",
    "  </dict>",
    "  <key>WorkingDirectory</key>",
    `  ${string(home)}`,
    "  <key>StandardOutPath</key>",
    `  ${string(outputFile)}`,
    "  <key>StandardErrorPath</key>",
    `  ${string(outputFile)}`,
    "</dict>",
    "</plist>",
    "",
  ].join("\n");
}
