import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { ProbeFacts, ProbeRun } from "../../doctor/create-context.ts";
import { renderCurl } from "../../doctor/render-curl.ts";
import type { ProbeRequest } from "../../doctor/types.ts";

/** Renders the curl commands of requests; the credential goes into a file beside the config file, never into a line. */
export type CurlLines = (requests: readonly ProbeRequest[]) => Promise<readonly string[]>;

/** Their names begin like a copy of the config file: `logout` and `uninstall` find them as such. */
const HEADERS = ["x-api-key", "authorization"];
const KINDS = ["", "local-token-", "own-", "placeholder-"].flatMap((prefix) => HEADERS.map((name) => prefix + name));

/** Removes the header files of an earlier run: only the last run's commands can be pasted. */
export function removeHeaderFiles(configFile: string): void {
  for (const kind of KINDS) {
    try {
      rmSync(headerFile(configFile, kind), { force: true });
    } catch {
      // Where nothing can be removed, on a read-only disk or below a file, nothing of this run was kept either.
    }
  }
}

/** Makes the renderer of a run. */
export function curlLinesOf({ credentialOf, context }: ProbeRun, facts: ProbeFacts): CurlLines {
  return (requests) =>
    Promise.all(
      requests.map(async (request) => {
        const credential = await credentialOf(request);
        return renderCurl(request, {
          headerFile: credential === undefined ? undefined : kept(credential, facts.paths.file),
          caFile: request.url.startsWith("https:") ? caFileOf(facts) : undefined,
          proxy: await proxyOf(request, context),
        });
      }),
    );
}

type Sent = NonNullable<Awaited<ReturnType<ProbeRun["credentialOf"]>>>;

function kept({ name, value, sent }: Sent, configFile: string): string {
  const kind = sent === "key" ? name : `${sent}-${name}`;
  const file = headerFile(configFile, kind);
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, `${name}: ${value}\n`, { mode: 0o600 });
    // A file that was there keeps the mode that it had.
    chmodSync(file, 0o600);
  } catch {
    // A home that can't be written, or a full disk, is a finding of its own; the command is shown all the same.
  }
  return file;
}

function headerFile(configFile: string, kind: string): string {
  return `${configFile}.header-${kind}`;
}

function caFileOf({ settings, env }: ProbeFacts): string | undefined {
  return settings["network.caFile"].value ?? (env["NODE_EXTRA_CA_CERTS"] || undefined);
}

async function proxyOf({ url }: ProbeRequest, context: ProbeRun["context"]): Promise<string | undefined> {
  if (!URL.canParse(url)) return undefined;
  const { proxy } = await context.way(new URL(url).origin);
  if (proxy.state === "untried" || proxy.authority === undefined) return undefined;
  return proxy.variable === undefined || proxy.variable.includes(".")
    ? `http://${proxy.authority}`
    : `"$${proxy.variable}"`;
}
