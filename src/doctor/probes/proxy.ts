import { chooseProxy } from "../../upstream/proxy-env.ts";
import type { CauseCode } from "../causes.ts";
import type { Probe, ProbeContext, ProbeResult } from "../types.ts";
import { unusedProxy } from "../unused-proxy.ts";

const proxy: Probe = {
  code: "proxy",
  title: "Company proxy",
  dependsOn: [],
  scope: "both",
  async run(context) {
    const { origin } = context.target;
    const { proxy: step } = await context.way(origin);
    if (step.state === "untried") {
      return (await unusedProxy(context)) ?? { status: "pass", finding: `none is used for ${hostOf(origin)}` };
    }
    const name = `${step.authority ?? "the proxy"} (${step.variable ?? "network.proxy"})`;
    if (step.state === "ok") return { status: "pass", finding: `${name} opens a tunnel, ${step.tookMs} ms` };
    return failed(context, name, step);
  },
};

export default proxy;

type FailedStep = {
  readonly message: string;
  readonly status?: number;
  readonly variable?: string;
  readonly authority?: string;
};

async function failed(context: ProbeContext, name: string, step: FailedStep): Promise<ProbeResult> {
  const cause = causeOf(step);
  const variable = step.variable ?? "network.proxy";
  const plain = await plainProxy(context, name, step);
  if (plain !== undefined) return plain;
  const direct = await context.way(context.target.origin, "direct");
  const isOpen = (direct.tls.state === "untried" ? direct.tcp : direct.tls).state === "ok";
  const evidence = [
    isOpen
      ? `without the proxy ${hostOf(context.target.origin)} can be reached`
      : `without the proxy ${hostOf(context.target.origin)} can't be reached either`,
  ];
  const finding =
    cause === "proxy-invalid" ? step.message : `the company proxy ${name} fails: ${withoutName(step.message)}`;
  return { status: "fail", cause, finding, evidence, fix: { command: command(cause, variable, isOpen) } };
}

/** A proxy that is addressed by https:// and speaks plain http, as nearly all do. */
async function plainProxy(
  { target, way }: ProbeContext,
  name: string,
  { message, authority, variable = "network.proxy" }: FailedStep,
): Promise<ProbeResult | undefined> {
  if (authority === undefined || !message.includes("over TLS")) return undefined;
  const url = `http://${authority}`;
  const proxy = chooseProxy({ HTTPS_PROXY: url }, target.origin);
  if (proxy === undefined) return undefined;
  const plain = (await way(target.origin, { proxy, variable })).proxy;
  if (plain.state !== "ok" && plain.status === undefined) return undefined;
  return {
    status: "fail",
    cause: "proxy-refused",
    finding: `the company proxy ${name} is addressed by https://, but speaks plain http: ${url} is right`,
    evidence: [`over TLS: ${message}`],
    fix: {
      command: variable.includes(".") ? `zenthrex config set ${variable} ${url}` : `export ${variable}=${url}`,
    },
  };
}

function causeOf({ message, status, variable }: FailedStep): CauseCode {
  if (status === 407) return "proxy-login";
  if (status !== undefined) return "proxy-blocked";
  if (/refused the connection|can't be found|can't be reached|ECONNREFUSED|ENOTFOUND/.test(message))
    return "proxy-refused";
  return variable !== undefined && /is not a URL|must begin with/.test(message) ? "proxy-invalid" : "proxy-blocked";
}

/** A login has to be added, whatever is reached without; all else is left out where it isn't needed. */
function command(cause: CauseCode, variable: string, isOpenWithout: boolean): string {
  const isSetting = variable.includes(".");
  if (cause === "proxy-login") {
    const value = "http://<user>:<password>@<host>:<port>";
    return isSetting ? `zenthrex config set ${variable} ${value}` : `export ${variable}=${value}`;
  }
  if (isSetting)
    return `zenthrex config ${isOpenWithout ? `unset ${variable}` : `set ${variable} http://<host>:<port>`}`;
  return isOpenWithout ? `unset ${variable}` : `export ${variable}=http://<host>:<port>`;
}

function withoutName(message: string): string {
  return message.replace(/^the proxy \S+ /, "it ");
}

function hostOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).host : origin;
}
