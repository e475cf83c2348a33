import { ZenthrexError } from "../../base/errors.ts";
import { findKey } from "../../config/key.ts";
import { ensureLocalToken } from "../../config/local-token.ts";
import type { SecretName } from "../../integrations/effective/key-edit.ts";
import type { Step } from "../../integrations/types.ts";
import type { Invocation } from "../command.ts";
import { loadConfiguration } from "../configuration.ts";
import type { Context } from "../context.ts";
import { oneLine } from "../format.ts";
import { writeNote } from "../note.ts";

/**
 * The steps of a repair with the user's secret in the place of their empty ones; says so where it is the real key.
 * Throws: ZX_AUTH_KEY_MISSING, ZX_FILE_ACCESS, ZX_FILE_INVALID.
 */
export async function filledSteps(
  steps: readonly Step[],
  fill: SecretName,
  options: Invocation["options"],
  context: Context,
): Promise<Step[]> {
  const value = await secretOf(fill, options, context);
  return steps.map((step) => {
    if (step.kind !== "edit-file") return step;
    if (fill === "key") {
      writeNote(context, "warning", `this writes the real key into ${oneLine(step.file.path)} (readable for you only)`);
    }
    return { ...step, set: step.set.map((key) => (key.secret === true && key.value === "" ? { ...key, value } : key)) };
  });
}

async function secretOf(fill: SecretName, options: Invocation["options"], context: Context): Promise<string> {
  const { paths, values } = loadConfiguration(context, options);
  if (fill === "local-token") return ensureLocalToken(paths, context.randomBytes);
  const found = findKey({ env: context.env, values });
  if (found !== undefined) return found.key;
  throw new ZenthrexError("ZX_AUTH_KEY_MISSING", "there is no key of the hosted API to write there", {
    fix: "Run `zenthrex login` first.",
  });
}
