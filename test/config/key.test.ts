import { describe, expect, it } from "vitest";
import { ZenthrexError } from "../../src/base/errors.ts";
import { checkKeyShape, findKey } from "../../src/config/key.ts";

const good = "zk_live_0123456789abcdefABCDEF";

function problem(text: string): ZenthrexError {
  try {
    checkKeyShape(text);
  } catch (error) {
    if (error instanceof ZenthrexError) return error;
    throw error;
  }
  throw new Error("was accepted");
}

describe("checkKeyShape", () => {
  it.each([good, "zk_sandbox_local", "zk_a1b2c3", `zk_${"a1".repeat(100)}`, "zk_eyJhbGciOi.eyJzdWIi.sig-nature_~+/=="])(
    "takes %s",
    (key) => {
      expect(checkKeyShape(key)).toBe(key);
    },
  );

  it.each([
    ["", /empty/],
    ["   ", /empty/],
    ["sk-ant-api03-abcdefghijklmnop", /an Anthropic key/],
    ["sk-or-v1-abcdefghijklmnop", /an OpenRouter key/],
    ["sk-proj-abcdefghijklmnop", /an OpenAI project key/],
    ["sk-abcdefghijklmnop", /an OpenAI or DeepSeek key/],
    ["AIzaSyAbcdefghijklmnop", /a Google key/],
    ["ghp_abcdefghijklmnop", /a GitHub token/],
    ["github_pat_abcdefghijklmnop", /a GitHub token/],
    ["xai-abcdefghijklmnop", /an xAI key/],
    ["gsk_abcdefghijklmnop", /a Groq key/],
    ["eyJhbGciOiJIUzI1NiJ9.e30.x", /a JSON web token/],
    ["zxl_abcdefghijklmnopqrstuvwxyz", /local token of zenthrex/],
    [` ${good}`, /white space/],
    [`${good} `, /white space/],
    [`${good.slice(0, 10)}\n${good.slice(10)}`, /white space/],
    [`${good}\t`, /white space/],
    [`"${good}"`, /quotes/],
    [`'${good}'`, /quotes/],
    [`\`${good}\``, /quotes/],
    [`\u201c${good}\u201d`, /quotes/],
    [`${good}\u200b`, /invisible/],
    [`\ufeff${good}`, /invisible/],
    [`zk_live\u00ad0123456789`, /invisible/],
    [`\u202e${good}`, /invisible/],
    [`${good}\u0000`, /invisible/],
    [`\u001b[200~${good}`, /invisible/],
    [`Bearer ${good}`, /a header/],
    [`bearer ${good}`, /a header/],
    [`x-api-key: ${good}`, /a header/],
    [`Authorization: Bearer ${good}`, /a header/],
    [`ZENTHREX_KEY=${good}`, /assignment of ZENTHREX_KEY/],
    [`export ANTHROPIC_API_KEY="${good}"`, /assignment of ANTHROPIC_API_KEY/],
    [`$env:ZENTHREX_KEY = '${good}'`, /assignment of ZENTHREX_KEY/],
    ["zk_...", /middle left out/],
    ["zk_live_ab...cd12", /middle left out/],
    ["zk_live_ab\u2026cd12", /middle left out/],
    ["zk_****************", /middle left out/],
    ["zk_", /middle left out/],
    ["zk_abc", /too short/],
    ["ZK_live_0123456789", /begin with zk_/],
    ["claude-opus-4-7", /begin with zk_/],
    ["zk_live_0123456789ä", /a character that no key has/],
    [`zk_${"a1".repeat(300)}`, /longer than/],
    ["zk_xxxxxxxxxxxx", /middle left out/],
    [`${good}${good}`, /stands there twice/],
    ["zk_your_key_here", /placeholder of an example/],
    ["zk_YOUR_KEY", /placeholder of an example/],
  ])("refuses %j with the reason", (text, reason) => {
    const error = problem(text);
    expect(error.code).toBe("ZX_AUTH_KEY_SHAPE");
    expect(error.message).toMatch(reason);
  });

  it("never repeats what was pasted", () => {
    for (const secret of [
      "sk-ant-api03-SECRETSECRET",
      "hunter2 SECRETSECRET",
      "KEY=SECRETSECRET",
      "zk_SECRETSECRET\u200b",
    ]) {
      const error = problem(secret);
      expect(`${error.message} ${error.fix} ${error.stack}`).not.toContain("SECRETSECRET");
    }
  });
});

describe("findKey", () => {
  it("takes the environment before the config file, and neither when there is none", () => {
    const values = { key: "zk_from_the_file" };
    expect(findKey({ env: { ZENTHREX_KEY: good }, values })).toEqual({ key: good, from: "environment" });
    expect(findKey({ env: { ZENTHREX_KEY: "" }, values })).toEqual({ key: "zk_from_the_file", from: "config file" });
    expect(findKey({ env: {}, values: {} })).toBeUndefined();
  });

  it.each([
    [{ ZENTHREX_KEY: "sk-ant-SECRETSECRET" }, {}, /^ZENTHREX_KEY holds no usable key: this is an Anthropic key/],
    [{}, { key: "zk_x y" }, /^the config file holds no usable key: the key holds white space/],
    [{}, { key: 7 }, /not a string/],
  ])("says which place holds nonsense", (env, values, message) => {
    expect(() => findKey({ env, values })).toThrow(message);
  });
});
