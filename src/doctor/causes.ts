import type { ExitCode } from "./exit-code.ts";

/** What a cause means for the command. `title`: the cause in a few words, for tables. */
interface CauseRow {
  readonly exitCode: Exclude<ExitCode, 0>;
  readonly title: string;
}

const row = (exitCode: CauseRow["exitCode"], title: string): CauseRow => ({ exitCode, title });

/**
 * The one table of causes, nearest to the root first: of several problems the verdict is the one that stands highest, because what
 * stands below it may follow from it. Exit codes: 1 configuration or check, 3 auth, 4 wallet, 5 network.
 */
export const causes = {
  // What zenthrex itself is told.
  "config-invalid": row(1, "zenthrex's own configuration can't be read"),
  "node-too-old": row(1, "Node.js is too old"),
  // What is looked for lies elsewhere: all else is judged without it.
  "wrong-home": row(1, "another home directory than the user's own"),
  "home-unwritable": row(1, "a home directory that nothing can be kept in"),
  // A tool whose settings can't work, whatever the network does.
  "settings-invalid": row(1, "a tool's settings file is not valid and is ignored"),
  "setting-ignored": row(1, "a setting under a name or in a place where the tool doesn't read it"),
  "managed-settings": row(1, "an administrator's settings forbid or override it"),
  "project-redirects": row(1, "a project's settings send the tool elsewhere"),
  "provider-switch": row(1, "a variable sends the tool to another provider"),
  "provider-unknown": row(1, "a provider that is named and isn't there, or is there and switched off"),
  "base-url-missing": row(1, "a tool with our credential and no base URL"),
  "base-url-invalid": row(1, "a base URL that is no URL"),
  "base-url-scheme": row(1, "http where https is needed, or the reverse"),
  "base-url-host": row(1, "a base URL with a mistyped or foreign host"),
  "base-url-path": row(1, "a base URL with the wrong path"),
  "base-url-port": row(1, "a base URL with the port of another or no daemon"),
  "base-url-unreachable": row(1, "a base URL that the tool's maker's servers can't reach"),
  "wire-api": row(1, "a wire format that the tool or the hosted API lacks"),
  "credential-vendor": row(3, "another vendor's key"),
  "credential-shape": row(3, "a credential with characters that don't belong"),
  "credential-place": row(3, "a credential in the wrong variable"),
  "credential-missing": row(3, "a tool without a credential"),
  // A key that can't be one.
  "key-invisible": row(3, "an invisible character in the key"),
  "key-quoted": row(3, "quotes or white space around the key"),
  "key-vendor": row(3, "another vendor's key"),
  "key-shape": row(3, "a text that is no key"),
  "key-missing": row(3, "no key of the hosted API"),
  // The way to the daemon, and the daemon.
  "no-proxy-missing": row(5, "a proxy variable takes traffic of this machine too"),
  "daemon-hung": row(5, "the daemon runs and doesn't answer"),
  "port-stranger": row(5, "another program holds the daemon's port"),
  "daemon-foreign-host": row(5, "127.0.0.1 is another machine here"),
  "daemon-stopped": row(5, "the daemon is not running"),
  "daemon-cut-off": row(5, "the daemon can't reach what this shell can"),
  // The way to the hosted API, step by step.
  "proxy-invalid": row(5, "a proxy variable that can't be read"),
  "proxy-refused": row(5, "the company proxy can't be reached"),
  "proxy-login": row(5, "the company proxy wants a login"),
  "proxy-blocked": row(5, "the company proxy doesn't open a tunnel"),
  "proxy-unused": row(5, "a proxy that is set and isn't used, where there is no other way"),
  "dns-near-miss": row(5, "a mistyped host name"),
  "dns-unknown": row(5, "a host name that doesn't exist"),
  "dns-failed": row(5, "the name server doesn't answer"),
  "dns-misled": row(5, "a host name that leads back to this machine"),
  "network-unreachable": row(5, "there is no way to the network"),
  "connect-refused": row(5, "the connection is refused"),
  "connect-timeout": row(5, "the connection times out"),
  "clock-skew": row(5, "this machine's clock is wrong"),
  "tls-not-spoken": row(5, "https to a port that speaks http"),
  "authority-file": row(5, "a file of certificates that can't be read"),
  "tls-inspection": row(5, "a certificate of an authority that isn't trusted here"),
  "tls-self-signed": row(5, "a self-signed certificate"),
  "tls-expired": row(5, "an expired certificate"),
  "tls-wrong-host": row(5, "a certificate of another host"),
  "tls-failed": row(5, "TLS fails"),
  "captive-portal": row(5, "a login page or another web page answers in the API's place"),
  "access-blocked": row(5, "a filter on the way refuses this network or machine"),
  "header-dropped": row(5, "a header is lost on the way"),
  redirect: row(5, "the address redirects elsewhere"),
  "not-the-api": row(5, "something else than the hosted API answers"),
  "upstream-error": row(5, "the hosted API has an error of its own"),
  // What the hosted API says of the key.
  "key-shadowed": row(3, "a variable hides the key that works"),
  "auth-header": row(3, "the key in the wrong header"),
  "key-rejected": row(3, "a key that the hosted API refuses"),
  "key-forbidden": row(3, "a key that may not do this"),
  "credential-rejected": row(3, "a tool's credential that is refused"),
  "wallet-empty": row(4, "the wallet is empty"),
  "rate-limited": row(5, "the rate limit is reached"),
  // What works until something is asked of it.
  "waf-blocked": row(5, "a filter on the way refuses ordinary prompts"),
  "model-unknown": row(1, "a model that the hosted API doesn't have"),
  "alias-unknown": row(1, "an alias of a model that doesn't exist"),
  "beta-fields": row(1, "the hosted API refuses fields that Claude Code sends"),
  "stream-broken": row(5, "a stream that ends before its end"),
  "stream-buffered": row(5, "a stream that arrives all at once"),
  // What works, and will bite.
  "credential-conflict": row(1, "two credentials at once"),
  "key-committed": row(3, "a key in a file that git tracks"),
  "setting-overridden": row(1, "a setting that another layer beats"),
  "daemon-version": row(1, "a daemon of another version"),
  "daemon-upstream": row(1, "a daemon for another upstream"),
  "key-readable": row(1, "a key that other users of the machine can read"),
  "wallet-low": row(4, "the wallet is nearly empty"),
  "rate-low": row(5, "the rate limit is near"),
  "model-window": row(1, "a model whose window the tool misjudges"),
  "api-version": row(1, "a library that speaks a version which isn't documented"),
  "tool-not-set-up": row(1, "a tool that isn't here, or isn't set up for zenthrex"),
  leftover: row(1, "settings left behind"),
  "check-failed": row(1, "a check that could not be made"),
} as const satisfies Record<string, CauseRow>;

/** The closed set of causes. */
export type CauseCode = keyof typeof causes;
