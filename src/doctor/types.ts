import type { Clock } from "../base/clock.ts";
import type { RawHeaders } from "../base/headers.ts";
import type { WireFormatName } from "../catalog/endpoints.ts";
import type { ConfigPaths } from "../config/paths.ts";
import type { ResolvedSettings } from "../config/resolve.ts";
import type { PortOwner, PortOwnerSource } from "../daemon/find-port-owner.ts";
import type { DaemonFacts, PortIdentity } from "../daemon/prove.ts";
import type { DaemonState } from "../daemon/state-file.ts";
import type { SecretName } from "../integrations/effective/key-edit.ts";
import type { Destination, Place, ProblemFix } from "../integrations/effective/types.ts";
import type { IntegrationContext, Step } from "../integrations/types.ts";
import type { OutboundProxy } from "../upstream/proxy-env.ts";
import type { CauseCode } from "./causes.ts";
import type { Way } from "./net/way.ts";
import type { ToolReadings } from "./tool-readings.ts";

/** How one check ended. `warn` works but will bite; `skip` can't be said from here, or isn't wanted. */
export type ProbeStatus = "pass" | "warn" | "fail" | "skip";

/** Which credential header a request carries; `none` sends none. */
export type CredentialHeader = "x-api-key" | "authorization" | "none";

/**
 * Which secret a request is to carry. `key`: the stored key; `local-token`: the daemon's; `placeholder`: worth nothing; an object: one
 * that a tool's own settings hold. Whatever is asked for, `request()` puts a placeholder in its place where it doesn't belong.
 */
export type WantedSecret = "key" | "local-token" | "placeholder" | { readonly own: string };

/** One request of a probe. `headers` without the credential; `url` as a client would write it. */
export interface ProbeRequest {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: string;
  readonly credential: CredentialHeader;
  readonly secret?: WantedSecret;
  readonly headers?: RawHeaders;
  readonly body?: string;
  readonly timeoutMs?: number;
}

/** What came of a request: an answer of any status, or the step of the way at which it failed. */
export type ProbeAnswer =
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers: RawHeaders;
      /** The beginning, up to 256 KiB, as text. */
      readonly body: string;
      /** `cut`: the body broke off; `garbled`: it isn't packed as it says. */
      readonly flaw?: "cut" | "garbled";
      readonly tookMs: number;
      /** When each piece of the body came, counted from the request's start. Units: milliseconds. */
      readonly arrivalsMs: readonly number[];
      /** What was really sent in the credential header. */
      readonly sent: "key" | "local-token" | "own" | "placeholder" | "none";
    }
  | {
      readonly kind: "failed";
      readonly step: "url" | "dns" | "proxy" | "connect" | "tls" | "http" | "timeout";
      /** The system's code, such as ECONNREFUSED, or "". */
      readonly code: string;
      readonly message: string;
    };

/**
 * What mends a problem. `command`: what the user types, whole. `steps` or `argv`: what `--fix` does in its place, by the same plan and
 * the same diff as setup; without either only the command is shown. `fill`: the secret that the steps' empty ones stand for.
 */
export interface Fix {
  readonly command: string;
  readonly action?:
    | { readonly kind: "setup"; readonly tool: string; readonly args?: readonly string[] }
    | { readonly kind: "steps"; readonly tool: string; readonly steps: readonly Step[]; readonly fill?: SecretName }
    | { readonly kind: "zenthrex"; readonly argv: readonly string[] };
}

/** One thing that is wrong, as a sentence: what, where, and what would be right. Never with a secret in it. */
export interface Problem {
  readonly cause: CauseCode;
  readonly status: "warn" | "fail";
  /** Lower case, no full stop; names the wrong value, its place and the right value. */
  readonly finding: string;
  readonly evidence?: readonly string[];
  readonly fix?: Fix;
  readonly curl?: readonly ProbeRequest[];
}

/** What a probe found. `finding` is its one line; `evidence` is shown on failure only; `curl` are the requests that prove it. */
export interface ProbeResult {
  readonly status: ProbeStatus;
  readonly finding: string;
  readonly evidence?: readonly string[];
  readonly curl?: readonly ProbeRequest[];
  readonly fix?: Fix;
  /** There whenever the status is warn or fail. */
  readonly cause?: CauseCode;
  /** Further problems of the same subject. */
  readonly more?: readonly Problem[];
  /** True: what it is about isn't on this machine; many of them are one line. */
  readonly isAbsent?: boolean;
}

/** The stored key: where it comes from, and what is wrong with its text. `text` is a secret. */
export type KeyState =
  | { readonly kind: "none" }
  | {
      readonly kind: "present";
      readonly text: string;
      readonly from: "environment" | "config file" | "stdin" | "sandbox" | "tool";
      /** Where a tool has it, in words, where it is a tool's. */
      readonly place?: string;
      /** The stored key, where the environment's wins over another one. A secret. */
      readonly shadowed?: string;
    };

/** What is probed: this machine's setup for the hosted API, or one base URL that somebody named. */
export type DoctorTarget =
  | { readonly kind: "setup"; readonly origin: string }
  | {
      readonly kind: "url";
      readonly origin: string;
      /** As it was given. */
      readonly base: string;
      readonly format: "anthropic" | "openai" | undefined;
    };

/** Who is on the daemon's port, and what its last daemon left behind. */
export interface DaemonLook {
  readonly port: number;
  readonly identity: PortIdentity;
  readonly facts: DaemonFacts | undefined;
  readonly owner: PortOwner | undefined;
  /** A stranger that is a zenthrex too. */
  readonly isZenthrex?: boolean;
  readonly state: DaemonState | undefined;
}

/** One address that a tool uses and that is meant for zenthrex or the hosted API. The credential's text is a secret. */
export interface Pointing {
  readonly tool: string;
  readonly title: string;
  readonly baseUrl: string;
  readonly destination: Destination;
  /** What it asks of it. */
  readonly url: string;
  readonly format: WireFormatName;
  readonly credential?: {
    readonly text: string;
    readonly header: Exclude<CredentialHeader, "none">;
    /** In words. */
    readonly place: string;
    readonly at: Place;
    /** What mends it where it is refused. */
    readonly fix: ProblemFix;
  };
}

/** What a run knows before it looks at this machine. */
export interface RunStart {
  /** True: one tiny paid call per format may be made. */
  readonly live: boolean;
  /** Sends a request to a sandbox of this run, as `request` does; its key is filled in. Undefined where there is none to be had. */
  readonly askSandbox: ((request: SandboxRequest) => Promise<ProbeAnswer>) | undefined;
}

/** A request to the sandbox of a run; `path` as the hosted API has it. */
export type SandboxRequest = Omit<ProbeRequest, "url" | "secret"> & { readonly path: string };

/** What an early probe gets. */
export interface EarlyContext extends RunStart {
  /** What every other probe gets, as soon as this machine was looked at. */
  machine(): Promise<ProbeContext>;
}

/** A company proxy to go by, whatever the environment says, and who named it. */
export interface ByProxy {
  readonly proxy: OutboundProxy;
  readonly variable: string;
}

/** Everything that a probe may know and do. It never touches the process, and writes nothing. */
export interface ProbeContext extends IntegrationContext, Pick<RunStart, "live"> {
  /** The home directory of the user id that runs, whatever HOME says; undefined where that can't be known. */
  readonly accountHome: string | undefined;
  readonly isRoot: boolean;
  readonly nodeVersion: string;
  readonly version: string;
  readonly clock: Clock;
  readonly paths: ConfigPaths;
  readonly stateDirectory: string;
  readonly settings: ResolvedSettings;
  /** Why settings are not what the user wrote: the file or a variable that couldn't be read. */
  readonly settingProblems: readonly { readonly message: string; readonly fix: string }[];
  readonly key: KeyState;
  readonly localToken: string | undefined;
  readonly target: DoctorTarget;
  /** One tool, where only it was asked for. */
  readonly tool: string | undefined;
  readonly exec: PortOwnerSource["exec"];
  /** The steps to an origin, walked once a run: DNS, proxy, TCP, TLS; `direct`: past any proxy; or by a certain one. Never fails. */
  way(origin: string, how?: "direct" | ByProxy): Promise<Way>;
  /** Who is on the daemon's port; asked once a run. */
  daemon(): Promise<DaemonLook>;
  /** The settings of this machine's tools, each tool's read once a run. */
  readonly tools: ToolReadings;
  /** Where the tools of this machine are pointed at, as far as their settings and the shell say; read once a run. */
  pointings(): Promise<readonly Pointing[]>;
  /**
   * Sends a request and never fails. No redirect is followed. The same request is sent once a run. The stored key goes to its own
   * origin only (and to a `--url` with a key from stdin), the local token to a daemon that proved itself, a tool's own key to the hosted
   * origin; every other origin gets a placeholder.
   */
  request(request: ProbeRequest): Promise<ProbeAnswer>;
  /** What another probe found; only of those in `dependsOn`. */
  resultOf(code: string): Promise<ProbeResult>;
}

/** What every check says of itself. All run at once and are printed in the registry's order; the failure of one in `dependsOn` hides its own. */
interface ProbeTitle {
  /** The registry's name of it. */
  readonly code: string;
  readonly title: string;
  readonly dependsOn: readonly string[];
  /** The only tool that it is about. */
  readonly tool?: string;
  /** `setup` (default): of this machine; `url`: of a base URL that somebody named (`--url`); `both`. */
  readonly scope?: "setup" | "url" | "both";
}

/** One check. */
export interface Probe extends ProbeTitle {
  readonly isEarly?: false;
  run(context: ProbeContext): Promise<ProbeResult>;
}

/** A check that begins before this machine was looked at, because it needs nothing of it and takes long. */
export interface EarlyProbe extends ProbeTitle {
  readonly isEarly: true;
  run(context: EarlyContext): Promise<ProbeResult>;
}

/** A check of either kind. */
export type AnyProbe = Probe | EarlyProbe;
