import { hostedOrigin } from "../catalog/endpoints.ts";
import { models, openaiAliases } from "../catalog/models.ts";
import { baseUrl } from "./base-url.ts";
import { findProgram } from "./detect/find-program.ts";
import { timeoutAdvice } from "./manual/words.ts";
import type { Integration, Step } from "./types.ts";

/**
 * Cursor keeps its settings in a database that it holds open, and its own servers make the calls: steps for people are all there is.
 * Source: hosted documentation, "Cursor"; Cursor's staff on forum.cursor.com/t/160995.
 */
const cursor: Integration = {
  title: "Cursor",
  format: "openai-chat",
  baseUrlRule: "v1",
  docsUrl: "https://docs.cursor.com/settings/api-keys",
  verified: "docs-only",
  place: "remote",

  async detect(context) {
    const installed = (await findProgram("cursor", context)) !== undefined;
    return { installed, configuredFor: "nothing", models: {}, files: [], shell: { names: [] }, notes: [] };
  },

  plan(_status, target): readonly Step[] {
    if (target.through !== "file") return [];
    const address = baseUrl("v1", target.kind === "direct" ? target.origin : hostedOrigin);
    const names = Object.keys(openaiAliases).join(", ");
    const ids = models.filter(({ documented }) => documented).map(({ id }) => id);
    return [
      {
        kind: "manual",
        lines: [
          "Cursor is set up by hand, and for the hosted API itself: Cursor's own servers make the calls, so an address of this machine " +
            "(127.0.0.1, localhost) can't work there. It needs Cursor Pro ($20 a month): the free plan takes no custom endpoint.",
          "",
          "  1. Open Settings > Models, and scroll to the OpenAI API section.",
          `  2. Turn on "Override OpenAI Base URL" and paste ${address} (the /v1 is required).`,
          `  3. Put your key on the clipboard with \`${target.self} key copy\`, paste it into "OpenAI API Key", click Verify.`,
          "  4. Turn off Cursor's built-in models: they would be sent to the hosted API too, and fail there on ids that it doesn't know.",
          `  5. Click "+ Add custom model", add ${target.model}, save. The hosted API has ${ids.join(", ")}.`,
          "",
          `Don't add ${names}: the hosted API takes these names, but Cursor has built-in models of the same names ` +
            "and sends those in another request form. Of a Claude id that Cursor has too, turn the built-in one off.",
          "Tab autocomplete stays on Cursor's own models: it can't be redirected.",
          timeoutAdvice,
          `To undo: turn "Override OpenAI Base URL" off, delete the key, turn the built-in models on.`,
        ],
      },
    ];
  },
};

export default cursor;
