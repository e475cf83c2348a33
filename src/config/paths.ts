import { posix, win32 } from "node:path";
import { ZenthrexError } from "../base/errors.ts";

/** What decides where files lie. Shape: the environment, the home directory and the platform, as values. */
export interface PathSource {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly platform: NodeJS.Platform;
}

/** Where zenthrex keeps its files. Nothing is ever read from the working directory. */
export interface ConfigPaths {
  /** Holds the config file, its lock, `receipts/` (what `setup` changed, per tool) and import files made for tools; 0700. */
  readonly directory: string;
  /** Settings, the key and the local token; 0600. */
  readonly file: string;
  /** False on Windows: files have no permission bits to keep there. */
  readonly hasModes: boolean;
}

/**
 * The config file of this user: `$XDG_CONFIG_HOME/zenthrex/config.json` (Linux, default ~/.config),
 * `~/Library/Preferences/zenthrex/config.json` (macOS), `%APPDATA%\zenthrex\Config\config.json` (Windows).
 * A relative variable is ignored, as the XDG specification wants it: it would let the working directory decide.
 * Throws: ZX_FILE_ACCESS when there is no home directory.
 * Source: the defaults of the npm package env-paths with an empty suffix; XDG Base Directory Specification 0.8.
 */
export function configPaths(source: PathSource): ConfigPaths {
  const path = source.platform === "win32" ? win32 : posix;
  const directory = configDirectory(source);
  return { directory, file: path.join(directory, "config.json"), hasModes: source.platform !== "win32" };
}

/**
 * Where what can be lost lies (what runs, logs): `$XDG_STATE_HOME/zenthrex` (Linux, default ~/.local/state),
 * `~/Library/Application Support/zenthrex` (macOS), `%LOCALAPPDATA%\zenthrex\State` (Windows).
 * Throws: ZX_FILE_ACCESS when there is no home directory.
 * Source: XDG Base Directory Specification 0.8; the npm package env-paths.
 */
export function stateDirectory(source: PathSource): string {
  switch (source.platform) {
    case "win32":
      return win32.join(base(source, "LOCALAPPDATA", ["AppData", "Local"]), "zenthrex", "State");
    case "darwin":
      return posix.join(base(source, undefined, ["Library", "Application Support"]), "zenthrex");
    default:
      return posix.join(base(source, "XDG_STATE_HOME", [".local", "state"]), "zenthrex");
  }
}

function configDirectory(source: PathSource): string {
  switch (source.platform) {
    case "win32":
      return win32.join(base(source, "APPDATA", ["AppData", "Roaming"]), "zenthrex", "Config");
    case "darwin":
      return posix.join(base(source, undefined, ["Library", "Preferences"]), "zenthrex");
    default:
      return posix.join(base(source, "XDG_CONFIG_HOME", [".config"]), "zenthrex");
  }
}

/** The folder that a variable names, if it does so absolutely; else a folder below the home directory. */
function base(source: PathSource, variable: string | undefined, belowHome: readonly string[]): string {
  const path = source.platform === "win32" ? win32 : posix;
  const named = variable === undefined ? undefined : source.env[variable];
  if (named !== undefined && path.isAbsolute(named)) return named;
  if (!path.isAbsolute(source.home)) {
    throw new ZenthrexError("ZX_FILE_ACCESS", "there is no home directory to keep files in", {
      fix: source.platform === "win32" ? "Set USERPROFILE to your home directory." : "Set HOME to your home directory.",
    });
  }
  return path.join(source.home, ...belowHome);
}
