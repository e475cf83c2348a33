import { posix, win32 } from "node:path";
import { findProgram } from "../../detect/find-program.ts";
import { refusals } from "../codex/config-problems.ts";
import { readCodexFiles } from "../codex/config-views.ts";
import { codexEndpoints } from "../codex/endpoints.ts";
import { codexProblems } from "../codex-problems.ts";
import { fileProblems } from "../found.ts";
import { proxyFacts } from "../proxy-facts.ts";
import { readLocated } from "../read-located.ts";
import { shellVariables } from "../shell-variables.ts";
import type { EffectiveContext, EffectiveReader } from "../types.ts";

/** OpenAI's Codex: `config.toml`, profile files beside it, a trusted project's. Source: measured with @openai/codex 0.169.0. */
const codex: EffectiveReader = {
  title: "Codex",
  async read(context) {
    const shell = await shellVariables(context);
    const files = await readCodexFiles(context);
    const project = await readLocated(projectFile(context), "project", "toml");
    const isThere = ({ text, problem }: typeof project): boolean => text !== undefined || problem !== undefined;
    const own = [files.main, ...files.profiles].filter(isThere);
    const present = [...own, ...files.project.filter(isThere)];
    const endpoints = codexEndpoints(files, shell);
    return {
      isPresent: (await findProgram("codex", context)) !== undefined || own.length > 0,
      endpoints,
      switches: [],
      // Measured with HTTP_PROXY, ALL_PROXY and NO_PROXY of either case: NO_PROXY counts, also where no_proxy says otherwise.
      proxy: proxyFacts(shell, undefined, { isUpperFirst: true, isByScheme: true }),
      hasUnreadable: present.some(({ problem }) => problem !== undefined),
      problems: [
        ...fileProblems(present, "Codex refuses to start"),
        ...refusals(files, context),
        ...codexProblems(files.main, project, endpoints, context),
      ],
    };
  },
};

export default codex;

/** Also where Codex doesn't trust it: what it says may be why nothing happens. */
function projectFile({ platform, cwd }: EffectiveContext): string {
  const path = platform === "win32" ? win32 : posix;
  return path.join(cwd, ".codex", "config.toml");
}
