// The doctor's rows with Anthropic's SDK. Version 1 and later can't call the hosted API itself (row 40): the one before it does here.
import { runCases } from "../support/mended.mjs";
import { askBy, sdkCases } from "../support/sdk-cases.mjs";

const program = `
import Anthropic from "@anthropic-ai/sdk";
const client = new Anthropic({ maxRetries: 0 });
const messages = [{ role: "user", content: "say hi to us" }];
const { content } = await client.messages.create({ model: "claude-opus-4-7", max_tokens: 100, messages });
console.log(content[0].text);
`;
const body = '{"model":"claude-opus-4-7","max_tokens":100,"messages":[{"role":"user","content":"hi"}]}';
const curl =
  `curl -sS "$ANTHROPIC_BASE_URL/v1/messages" -H "x-api-key: $ANTHROPIC_API_KEY" -H "anthropic-version: 2023-06-01" ` +
  `-H "content-type: application/json" -d '${body}'`;

const client = { tool: "anthropic-sdk", ask: askBy({ program, curl }) };

/** The rows of docs/doctor.md that are run. */
export const cases = [
  ...sdkCases({
    tool: "anthropic-sdk",
    base: "ANTHROPIC_BASE_URL",
    key: "ANTHROPIC_API_KEY",
    path: "",
    wrongBases: [
      [1, "/v1", "/v1"],
      [2, "the route as base", "/v1/messages"],
      [3, "the route of Chat Completions", "/v1/chat/completions"],
    ],
  }),
  {
    row: 16,
    title: "Anthropic's key beside the right one",
    breakSetup: ({ sandbox, key }) => ({
      ANTHROPIC_BASE_URL: sandbox.url,
      ANTHROPIC_AUTH_TOKEN: key,
      ANTHROPIC_API_KEY: "sk-ant-api03-0123456789",
    }),
    code: "credential-vendor",
    names: ["ANTHROPIC_API_KEY"],
    mend: "words",
  },
];

export default {
  configuredBy: "doctor --fix",
  versions: ["0.128.0"],
  // the same package as of the client anthropic-sdk: it is installed once
  installedAs: "anthropic-sdk",
  packages: (version) => ({ "@anthropic-ai/sdk": version }),
  run: (context) => runCases(client, cases, context),
};
