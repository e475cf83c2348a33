import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { printable, redact } from "../../base/redact.ts";
import { fileError } from "../../config/read.ts";
import type { ProbeFacts } from "../../doctor/create-context.ts";
import type { ProbeReport } from "../../doctor/run-probes.ts";
import type { Verdict } from "../../doctor/verdict.ts";
import type { Context } from "../context.ts";
import { type ReportStyle, reportProbe, reportVerdict } from "./report-doctor.ts";

/**
 * Writes one text file that can be shared: the whole report, with no secret, no user name and no home directory in it.
 * Shape: its path. Throws: ZX_FILE_ACCESS.
 */
export async function writeBundle(
  verdict: Verdict,
  reports: readonly ProbeReport[],
  facts: ProbeFacts,
  style: ReportStyle,
  context: Context,
): Promise<string> {
  let text = "";
  const collect = (part: string): void => {
    text += part;
  };
  const stdout = { write: collect, isTty: false, columns: 200 };
  const plain = { stdout, color: false };
  stdout.write(`zenthrex ${facts.version}, Node.js ${facts.nodeVersion}, ${facts.platform}\n`);
  stdout.write(`${new Date(context.clock.now()).toISOString()}\n\n`);
  for (const report of reports) {
    await reportProbe(report, { ...style, allCurls: true }, plain);
    if (report.result.status === "pass")
      for (const line of report.result.evidence ?? []) stdout.write(`      ${line}\n`);
  }
  reportVerdict(verdict, plain);
  const stamp = new Date(context.clock.now()).toISOString().slice(0, 19).replace(/[:T]/g, "-");
  const path = join(context.cwd, `zenthrex-doctor-${stamp}.txt`);
  try {
    writeFileSync(path, redacted(text, facts), { mode: 0o600 });
  } catch (error) {
    throw fileError(error, path, "write");
  }
  return path;
}

/** Known secrets by their text, others by their form; then what names the person. */
function redacted(text: string, { key, localToken, home, accountHome, env }: ProbeFacts): string {
  const secrets = [
    ...(key.kind === "present" ? [key.text, key.shadowed] : []),
    localToken,
    ...Object.entries(env)
      .filter(([name]) => /KEY|TOKEN|SECRET|PASSWORD/i.test(name))
      .map(([, value]) => value),
  ].filter((secret): secret is string => secret !== undefined && secret.length >= 8);
  const bare = secrets.reduce((rest, secret) => rest.replaceAll(secret, "[secret]"), text);
  const homes = [home, accountHome].filter((path): path is string => path !== undefined && path.length > 1);
  const anonymous = homes.reduce((rest, path) => rest.replaceAll(path, "~"), bare);
  const user = env["USER"] ?? env["USERNAME"] ?? "";
  const named = user.length >= 3 && user !== "root" ? anonymous.replaceAll(user, "[user]") : anonymous;
  return redact(named.split("\n").map(printable).join("\n"));
}
