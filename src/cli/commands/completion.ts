import { ZenthrexError } from "../../base/errors.ts";
import type { Command } from "../command.ts";
import { completionScripts } from "../completion/scripts.ts";
import { suggest } from "../completion/suggest.ts";
import { writeJson, writeLine } from "../output.ts";

const shells = Object.keys(completionScripts);

const completion: Command = {
  description:
    "Prints a script by which a shell completes commands, tools, options and their values at the Tab key. The shell evaluates it when " +
    "it starts; it asks zenthrex itself what fits, so it never grows old.",
  examples: [
    { run: 'eval "$(zenthrex completion bash)"', does: "a line for ~/.bashrc" },
    { run: 'eval "$(zenthrex completion zsh)"', does: "a line for ~/.zshrc, behind compinit" },
    { run: "zenthrex completion fish | source", does: "a line for ~/.config/fish/config.fish" },
  ],
  arguments: [
    { name: "[shell]", description: shells.join(", "), suggests: shells },
    { name: "[typed...]", description: "with --suggest: what was typed, the word at the cursor last" },
  ],
  options: [
    {
      flags: "--suggest",
      description: "print the words that fit, each with a tab and what it means: what the scripts ask",
    },
  ],
  exitCodes: { 0: "printed", 2: "wrong usage" },
  json: '{"version":1,"suggestions":[{"word":"setup","description":"..."}]}',
  async run({ args, options }, context, commands) {
    const typed = [args["shell"] ?? [], args["typed"] ?? []].flat();
    if (options["suggest"] === true) {
      const suggestions = await suggest(typed, commands);
      if (options["json"] === true) writeJson(context.stdout, { version: 1, suggestions });
      else for (const { word, description } of suggestions) writeLine(context.stdout, `${word}\t${description}`);
      return 0;
    }
    const [shell = "", ...more] = typed;
    const script = Object.entries(completionScripts).find(([name]) => name === shell)?.[1];
    if (script === undefined || more.length > 0) {
      throw new ZenthrexError(
        "ZX_USAGE",
        shell === "" ? "no shell is named" : `there is no completion for ${typed.join(" ")}`,
        {
          fix: `Name one of ${shells.join(", ")}: zenthrex completion bash.`,
        },
      );
    }
    if (options["json"] === true) writeJson(context.stdout, { version: 1, shell, script });
    else context.stdout.write(script);
    return 0;
  },
};

export default completion;
