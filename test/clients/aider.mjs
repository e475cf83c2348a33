// Aider, a Python program that asks in OpenAI's format without tools: it reads the edit out of the answer's text. It asks by OpenAI's SDK
// and says no name of its own: the log calls it openai-sdk.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MODEL } from "./support/agent.mjs";
import { askAider, whyNot } from "./support/aider-run.mjs";
import { expect } from "./support/checks.mjs";
import { localToken, startDaemonWithSandbox } from "./support/daemon.mjs";
import { clearHome, makeHome } from "./support/programs.mjs";
import { setUpBy } from "./support/set-up.mjs";

const FILE = ".aider.conf.yml";
const SMALL_MODEL = "claude-haiku-4-5";

const existing = `# mine
dark-mode: true   # at night
read: [CONVENTIONS.md, "notes.md"]
model: gpt-4o
`;

/** The form in which a model that Aider doesn't know has to give a changed file. */
const asEdit = (file, text) => `${file}\n\`\`\`\n${text}\n\`\`\`\n`;

async function checkAnswers({ folder, home, daemon, check }) {
  const { sandbox } = daemon;
  await check("a plain prompt is answered", async () => {
    await sandbox.reset();
    const result = await askAider({ folder, home }, "say hi to us");
    const printed = result.stdout + result.stderr;
    expect(result.exitCode === 0 && /zenthrex sandbox/.test(printed), "it printed", printed);
    const requests = (await sandbox.requests()).filter(({ method }) => method === "POST");
    const seen = requests.map(({ path, status, model }) => `${path} ${status} ${model}`);
    expect(seen[0] === `/v1/messages 200 ${MODEL}`, "the sandbox saw", seen);
    expect(requests[0].body.stream === true, "the upstream wasn't asked to stream");
    return `${result.seconds.toFixed(1)} s, ${requests[0].body_bytes} bytes`;
  });
  await check("an answer with a changed file becomes that file, and the small model names the commit", async () => {
    await sandbox.reset();
    const path = join(home, "project", "greeting.txt");
    writeFileSync(path, "hello\n");
    const said = asEdit("greeting.txt", "hello from zenthrex");
    const result = await askAider({ folder, home, git: true }, `[[sandbox: text ${said}]]`, ["greeting.txt"]);
    expect(result.exitCode === 0, "aider ended with", result.stdout + result.stderr);
    expect(readFileSync(path, "utf8") === "hello from zenthrex\n", "the file holds", readFileSync(path, "utf8"));
    const models = (await sandbox.requests()).filter(({ method }) => method === "POST").map(({ model }) => model);
    expect(models.includes(SMALL_MODEL), "the small model wasn't asked", models);
  });
}

async function run({ folder, check, notRun }) {
  const reason = whyNot(folder);
  if (reason !== undefined) return notRun("aider", reason);
  const home = makeHome();
  const daemon = await startDaemonWithSandbox(home);
  const { configure, undo } = setUpBy("aider", { file: FILE, existing });
  try {
    await configure({ home, port: daemon.port, token: await localToken(home), check });
    await checkAnswers({ folder, home, daemon, check });
    await undo({ home, port: daemon.port, check });
  } finally {
    await daemon.stop();
    clearHome(home);
  }
}

export default {
  configuredBy: "setup",
  versions: ["0.86.2"],
  packages: () => ({}),
  python: ["aider-chat==0.86.2"],
  run,
};
