import { describe, expect, it } from "vitest";
import { daemonEnvironment } from "../../src/daemon/environment.ts";

const shell = {
  PATH: "/bin",
  HOME: "/home/me",
  LC_ALL: "C",
  XDG_CONFIG_HOME: "/c",
  https_proxy: "http://proxy",
  NODE_EXTRA_CA_CERTS: "/ca.pem",
  ZENTHREX_UPSTREAM: "https://x",
  ZENTHREX_KEY: "zk_secret",
  ANTHROPIC_API_KEY: "sk-ant-secret",
  NODE_AUTH_TOKEN: "secret",
  GITHUB_TOKEN: "secret",
  SSH_AUTH_SOCK: "/tmp/agent",
  TERM: "xterm",
  UNSET: undefined,
};

describe("daemonEnvironment", () => {
  it("keeps paths, language, proxy, certificates and our own variables, in any case, and nothing else", () => {
    const { ANTHROPIC_API_KEY, NODE_AUTH_TOKEN, GITHUB_TOKEN, SSH_AUTH_SOCK, TERM, UNSET, ...kept } = shell;
    expect(daemonEnvironment(shell, false)).toEqual(kept);
    expect(daemonEnvironment({ Path: "C:\\", SystemRoot: "C:\\Windows", TOKEN: "x" }, false)).toEqual({
      Path: "C:\\",
      SystemRoot: "C:\\Windows",
    });
  });

  it("gives a sandbox no key", () => {
    expect(daemonEnvironment(shell, true)).not.toHaveProperty("ZENTHREX_KEY");
    expect(daemonEnvironment({ zenthrex_key: "x" }, true)).toEqual({});
  });
});
