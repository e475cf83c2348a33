import fc from "fast-check";
import { expect } from "vitest";
import { ZenthrexError } from "../../src/base/errors.ts";
import type { HubRequest } from "../../src/formats/anthropic/hub.ts";
import { serializeHubRequest } from "../../src/formats/anthropic/serialize-request.ts";
import type { Warning } from "../../src/formats/types.ts";
import { checkRequest } from "../../src/sandbox/validation/check-request.ts";
import { compileRequestChecks } from "../../src/sandbox/validation/request-schema.ts";
import { schemaErrors } from "./schema-validator.ts";

type Fields = Record<string, unknown>;

/** What a translation gives for a body. */
export interface Translated {
  readonly request: HubRequest;
  readonly warnings: readonly Warning[];
}

/** The translation, or undefined where it is refused, which must be a 400 with the place of the flaw. */
export function orRefused(translate: (body: Fields) => Translated, body: Fields): Translated | undefined {
  try {
    return translate(body);
  } catch (error) {
    expect(error).toBeInstanceOf(ZenthrexError);
    const { code, param, fix } = error as ZenthrexError;
    expect(["ZX_UNTRANSLATABLE", "ZX_BODY_INVALID"]).toContain(code);
    expect(param).toMatch(/^[a-z]/);
    expect(fix).toMatch(/^[A-Z].*\.$/);
    return undefined;
  }
}

/** Translates random bodies: the schema and the sandbox take what comes of each, and at least a third are not refused. */
export function expectAccepted(
  bodies: fc.Arbitrary<Fields>,
  translate: (body: Fields) => Translated,
  options: { readonly numRuns: number; readonly seed: number },
): void {
  const { messages: check } = compileRequestChecks();
  let accepted = 0;
  fc.assert(
    fc.property(bodies, (body) => {
      const translation = orRefused(translate, body);
      if (translation === undefined) return;
      accepted++;
      const request = JSON.parse(serializeHubRequest(translation.request)) as Fields;
      expect(schemaErrors("anthropic.MessageCreateParams", request)).toEqual([]);
      const judged = checkRequest(request, [], check);
      expect("request" in judged ? "accepted" : judged.message).toBe("accepted");
    }),
    options,
  );
  expect(accepted).toBeGreaterThan(options.numRuns / 3);
}
