// The doctor's rows with OpenAI's SDK.
import { runCases } from "../support/mended.mjs";
import { askBy, sdkCases } from "../support/sdk-cases.mjs";

const program = `
import OpenAI from "openai";
const client = new OpenAI({ maxRetries: 0 });
const messages = [{ role: "user", content: "say hi to us" }];
const { choices } = await client.chat.completions.create({ model: "claude-opus-4-7", messages });
console.log(choices[0].message.content);
`;
const body = '{"model":"claude-opus-4-7","messages":[{"role":"user","content":"hi"}]}';
const curl =
  `curl -sS "$OPENAI_BASE_URL/chat/completions" -H "authorization: Bearer $OPENAI_API_KEY" ` +
  `-H "content-type: application/json" -d '${body}'`;

const client = { tool: "openai-sdk", ask: askBy({ program, curl }) };

/** The rows of docs/doctor.md that are run. */
export const cases = sdkCases({
  tool: "openai-sdk",
  base: "OPENAI_BASE_URL",
  key: "OPENAI_API_KEY",
  path: "/v1",
  wrongBases: [
    [5, "the bare host", ""],
    [6, "/v1 twice", "/v1/v1"],
    [7, "the route as base", "/v1/chat/completions"],
  ],
});

export default {
  configuredBy: "doctor --fix",
  versions: ["7.57.0"],
  // the same package as of the client openai-sdk: it is installed once
  installedAs: "openai-sdk",
  packages: (version) => ({ openai: version, zod: "4.6.7" }),
  run: (context) => runCases(client, cases, context),
};
