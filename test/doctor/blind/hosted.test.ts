import { chmodSync } from "node:fs";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../../src/base/clock.ts";
import { makeCertificates, type ServerCertificate, type TestCertificates } from "../../support/certificates.ts";
import { type ConnectAnswer, startConnectProxy } from "../../support/connect-proxy.ts";
import { freePort } from "../../support/free-port.ts";
import {
  apiError,
  between,
  forwardTo,
  key,
  type Machine,
  openStreet,
  type Prepare,
  page,
  type Shell,
  type Street,
  say,
} from "./machine.ts";

interface Expected {
  readonly code: string;
  readonly cause?: RegExp;
  readonly fix?: RegExp;
  readonly exit?: number;
}

type Case = readonly [title: string, prepare: Prepare, expected: Expected];

let certificates: TestCertificates;

/** The hosted API behind TLS, under a name of its own; what the machine is told of it. */
async function tls(
  { hosted, write, zenthrex }: Machine,
  certificate: ServerCertificate,
  more: { trusted?: boolean; host?: string } = {},
): Promise<string> {
  const server = createHttpsServer(
    { ...certificate },
    forwardTo(hosted, () => false),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `https://${more.host ?? "localhost"}:${(server.address() as AddressInfo).port}`;
  await zenthrex(["config", "set", "upstream", origin]);
  if (more.trusted === true) await zenthrex(["config", "set", "network.caFile", write("corp/ca.pem", certificates.ca)]);
  return origin;
}

/** A company proxy that is the only way to a host whose name can't be looked up here. */
async function behindProxy(machine: Machine, answer: ConnectAnswer | "dead"): Promise<Shell> {
  await tls(machine, certificates.good, { trusted: true, host: "upstream.test" });
  const port = answer === "dead" ? await freePort() : (await startConnectProxy(() => answer)).port;
  return { env: { https_proxy: `http://user:secret@127.0.0.1:${port}`, no_proxy: "localhost,127.0.0.1" } };
}

const login = (machine: Machine, other: string) =>
  machine.zenthrex(["login", "--key-stdin", "--no-verify"], { stdinText: `${other}\n` });

const cases: readonly Case[] = [
  [
    "13: Anthropic's key as ZENTHREX_KEY",
    () => ({ env: { ZENTHREX_KEY: "sk-ant-api03-0123456789abcdef" } }),
    { code: "key-vendor", exit: 3, fix: /ZENTHREX_KEY/ },
  ],
  [
    "13: Google's key as ZENTHREX_KEY",
    () => ({ env: { ZENTHREX_KEY: "AIzaSyA0123456789abcdefghijklmnopqrstuv" } }),
    { code: "key-vendor" },
  ],
  [
    "24: a zero-width space in ZENTHREX_KEY",
    () => ({ env: { ZENTHREX_KEY: `${key.slice(0, 9)}\u200b${key.slice(9)}` } }),
    { code: "key-invisible", fix: /ZENTHREX_KEY/ },
  ],
  ["24: quotes around ZENTHREX_KEY", () => ({ env: { ZENTHREX_KEY: `"${key}"` } }), { code: "key-quoted" }],
  ["a shortened key, as a web page shows it", () => ({ env: { ZENTHREX_KEY: "zk_...6789" } }), { code: "key-shape" }],
  [
    "15: a revoked key",
    async (machine) => void (await login(machine, "zk_sandbox_revoked")),
    { code: "key-rejected", fix: /^zenthrex login$/, exit: 3 },
  ],
  [
    "a revoked ZENTHREX_KEY hides the stored one, which works",
    () => ({ env: { ZENTHREX_KEY: "zk_sandbox_revoked_2" } }),
    { code: "key-shadowed", fix: /^unset ZENTHREX_KEY$/ },
  ],
  [
    "36: an empty wallet",
    async (machine) => void (await login(machine, "zk_sandbox_empty")),
    { code: "wallet-empty", exit: 4 },
  ],
  [
    "36: an empty wallet, and a wrong path in a tool's settings",
    async (machine) => {
      await login(machine, "zk_sandbox_empty_2");
      machine.write(".claude/settings.json", {
        env: {
          ANTHROPIC_BASE_URL: `${machine.hosted}/v1`,
          ANTHROPIC_AUTH_TOKEN: key,
          ANTHROPIC_MODEL: "claude-opus-4-7",
        },
      });
    },
    { code: "base-url-path" },
  ],
  [
    "36: little is left",
    async (machine) => void (await login(machine, "zk_sandbox_low")),
    { code: "wallet-low", exit: 0 },
  ],
  [
    "14: an API that takes x-api-key alone for messages, and a tool that sends Bearer",
    async (machine) => {
      const url = await between(
        machine,
        ({ headers, url }, _body, response) =>
          headers.authorization !== undefined &&
          url?.startsWith("/v1/messages") === true &&
          say(response, 401, apiError("authentication_error", "Missing x-api-key")),
      );
      machine.write(".claude/settings.json", {
        env: { ANTHROPIC_BASE_URL: url, ANTHROPIC_AUTH_TOKEN: key, ANTHROPIC_MODEL: "claude-opus-4-7" },
      });
    },
    { code: "credential-place", cause: /ANTHROPIC_API_KEY/, fix: /ANTHROPIC_API_KEY/ },
  ],
  [
    "37: too many requests",
    async (machine) =>
      void (await between(
        machine,
        ({ url }, _body, response) =>
          url !== "/v1/models" &&
          say(response, 429, apiError("rate_limit_exceeded", "RPM limit"), { "retry-after": "17" }),
      )),
    { code: "rate-limited", cause: /17 s/ },
  ],
  [
    "38: the API is down, in JSON",
    async (machine) =>
      void (await between(machine, (_request, _body, response) =>
        say(response, 502, apiError("upstream_error", "upstream returned 5xx")),
      )),
    { code: "upstream-error", exit: 5 },
  ],
  [
    "38: the API is down, in a balancer's HTML",
    async (machine) =>
      void (await between(machine, (_request, _body, response) => page(response, 504, "504 Gateway Time-out"))),
    { code: "upstream-error" },
  ],
  [
    "38: only messages fail",
    async (machine) =>
      void (await between(
        machine,
        ({ url }, _body, response) =>
          url?.startsWith("/v1/messages") === true && say(response, 502, apiError("upstream_error", "no")),
      )),
    { code: "upstream-error", cause: /\/v1\/messages/ },
  ],
  [
    "32: a hotel's login page",
    async (machine) =>
      void (await between(machine, (_request, _body, response) => page(response, 200, "Welcome to Hotel Wi-Fi"))),
    { code: "captive-portal", cause: /Hotel/ },
  ],
  [
    "32: a redirect to a login page",
    async (machine) =>
      void (await between(machine, (_request, _body, response) =>
        say(response, 302, {}, { location: "http://login.wifi.example/portal" }),
      )),
    { code: "captive-portal" },
  ],
  [
    "32: a login page, and a key that may be wrong too",
    async (machine) => {
      await login(machine, "zk_sandbox_revoked_3");
      await between(machine, (_request, _body, response) => page(response, 511, "Network Authentication Required"));
    },
    { code: "captive-portal" },
  ],
  [
    "32: the dashboard's host",
    async (machine) =>
      void (await between(machine, (_request, _body, response) => page(response, 404, "ZenthrexApi Dashboard"))),
    { code: "not-the-api" },
  ],
  [
    "32: another vendor's service",
    async (machine) =>
      void (await between(machine, (_request, _body, response) => say(response, 404, { detail: "Not Found" }))),
    { code: "not-the-api" },
  ],
  [
    "11: the API has moved",
    async (machine) =>
      void (await between(machine, (_request, _body, response) =>
        say(response, 308, {}, { location: "https://api2.gateway.example/v1/models" }),
      )),
    { code: "redirect", fix: /api2\.gateway\.example/ },
  ],
  [
    "33: a filter that dislikes code",
    async (machine) =>
      void (await between(
        machine,
        (_request, body, response) =>
          body.includes("<script>") && page(response, 403, "Attention Required! | Cloudflare"),
      )),
    { code: "waf-blocked", fix: /bundle/ },
  ],
  [
    "41: an API that refuses Claude Code's fields",
    async (machine) =>
      void (await between(
        machine,
        (_request, body, response) =>
          body.includes("context_management") &&
          say(response, 400, apiError("invalid_request_error", "context_management: Extra inputs are not permitted")),
      )),
    { code: "beta-fields", fix: /CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS=1/ },
  ],
  [
    "34: something that gathers streams",
    async (machine) => {
      await between(machine, () => false, true);
      return { argv: ["--live"] };
    },
    { code: "stream-buffered" },
  ],
  [
    "35: something that cuts streams",
    async (machine) => {
      await between(machine, (_request, body, response) => {
        if (!body.includes('"stream":true')) return false;
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.end('event: message_start\ndata: {"type":"message_start"}\n\n');
        return true;
      });
      return { argv: ["--live"] };
    },
    { code: "stream-broken" },
  ],
  [
    "25: nothing listens at the upstream",
    async ({ zenthrex }) =>
      void (await zenthrex(["config", "set", "upstream", `http://127.0.0.1:${await freePort()}`])),
    { code: "connect-refused", exit: 5, fix: /upstream/ },
  ],
  [
    "31: a typing mistake in the upstream",
    async ({ zenthrex }) => void (await zenthrex(["config", "set", "upstream", "https://api.zentherixapi.com"])),
    { code: "dns-near-miss", cause: /api\.zentherixapi\.xyz/, fix: /config unset upstream/ },
  ],
  [
    "31: the product's name in the upstream's variable",
    () => ({ env: { ZENTHREX_UPSTREAM: "https://api.zenthrexapi.xyz" } }),
    { code: "dns-near-miss", fix: /unset ZENTHREX_UPSTREAM/ },
  ],
  [
    "12: Anthropic's host as the upstream",
    async ({ zenthrex }) => void (await zenthrex(["config", "set", "upstream", "https://api.anthropic.com"])),
    { code: "base-url-host", cause: /Anthropic/ },
  ],
  [
    "10: https to a port that speaks http",
    async ({ hosted, zenthrex }) =>
      void (await zenthrex(["config", "set", "upstream", hosted.replace("http:", "https:")])),
    { code: "tls-not-spoken", fix: /http:\/\/127/ },
  ],
  [
    "29: TLS inspection",
    async (machine) => void (await tls(machine, certificates.good)),
    { code: "tls-inspection", cause: /Zenthrex Test Authority/, fix: /caFile/ },
  ],
  [
    "29: a self-signed certificate",
    async (machine) => void (await tls(machine, certificates.selfSigned)),
    { code: "tls-self-signed" },
  ],
  [
    "30: an expired certificate",
    async (machine) => void (await tls(machine, certificates.expired, { trusted: true })),
    { code: "tls-expired" },
  ],
  [
    "30: a certificate of another host",
    async (machine) => void (await tls(machine, certificates.otherHost, { trusted: true })),
    { code: "tls-wrong-host" },
  ],
  [
    "30: a good certificate and a clock of last decade",
    async (machine) => {
      await tls(machine, certificates.good, { trusted: true });
      return { context: { clock: { ...systemClock, now: () => Date.parse("2015-01-01T00:00:00Z") } } };
    },
    { code: "clock-skew", fix: /ntp/ },
  ],
  [
    "28: a company proxy that is gone",
    (machine) => behindProxy(machine, "dead"),
    { code: "proxy-refused", cause: /https_proxy/ },
  ],
  [
    "28: a company proxy that wants a login",
    (machine) =>
      behindProxy(machine, {
        bytes: "HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\nconnection: close\r\n\r\n",
      }),
    { code: "proxy-login" },
  ],
  [
    "28: a company proxy that forbids the host",
    (machine) => behindProxy(machine, { bytes: "HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n" }),
    { code: "proxy-blocked" },
  ],
  [
    "28: a proxy variable that is no URL",
    async (machine) => {
      await tls(machine, certificates.good, { trusted: true, host: "upstream.test" });
      return { env: { HTTPS_PROXY: "socks5://127.0.0.1:1080" } };
    },
    { code: "proxy-invalid" },
  ],
  ["53: Node.js 18", () => ({ context: { nodeVersion: "18.19.0" } }), { code: "node-too-old" }],
  [
    "49: a daemon of yesterday's version",
    () => ({ context: { version: "9.9.9" } }),
    { code: "daemon-version", fix: /^zenthrex restart$/, exit: 0 },
  ],
  [
    "zenthrex's own file is cut off",
    ({ edit }) => edit(".config/zenthrex/config.json", (text) => text.slice(0, -4)),
    { code: "config-invalid" },
  ],
  [
    "a port that is none, in the environment",
    () => ({ env: { ZENTHREX_PORT: "eighty" } }),
    { code: "config-invalid", cause: /ZENTHREX_PORT/ },
  ],
  [
    "an alias for a model that doesn't exist",
    ({ edit }) =>
      edit(".config/zenthrex/config.json", (text) => text.replace("{", '{"aliases":{"gpt-4o":"claude-opus-5-7"},')),
    { code: "alias-unknown", cause: /claude-opus-5-7/, fix: /config set aliases\.gpt-4o/ },
  ],
  [
    "a key that others can read",
    ({ home }) => chmodSync(join(home, ".config/zenthrex/config.json"), 0o644),
    { code: "key-readable", fix: /^chmod 600/ },
  ],
];

let street: Street;
beforeAll(async () => {
  certificates = makeCertificates();
  street = await openStreet();
}, 120_000);
afterAll(() => street.stop());

describe("a way to the hosted API that is broken", () => {
  it.each(cases)("%s", async (_title, prepare, { code, cause, fix, exit }) => {
    const machine = street.machine();
    const shell = (await prepare(machine)) ?? {};
    const diagnosis = await machine.diagnose(shell);
    const { verdict } = diagnosis;
    const said = JSON.stringify([verdict, diagnosis.others], undefined, 1);
    expect(verdict.code, said).toBe(code);
    expect(verdict.cause, said).toMatch(cause ?? /./);
    expect(verdict.fix ?? "", said).toMatch(fix ?? /./);
    if (exit !== undefined) expect(diagnosis.exitCode).toBe(exit);
    expect(JSON.stringify(diagnosis)).not.toContain("user:secret");
  });
});
