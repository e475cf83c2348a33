import type { Target } from "../types.ts";

/** A target whose keys show only their names: for the list of keys that a setup may write. */
export const anyTarget: Target = {
  kind: "local",
  origin: "http://127.0.0.1",
  credential: "",
  model: "claude-opus-4-7",
  sonnetModel: "claude-opus-4-7",
  haikuModel: "claude-haiku-4-5",
  documentedKeysOnly: false,
  through: "file",
  self: "zenthrex",
  platform: "linux",
  nowMs: 0,
};
