import type { WireFormatName } from "../../catalog/endpoints.ts";
import type { IntegrationContext, SettingsSyntaxName } from "../types.ts";
import type { KeyEdit } from "./key-edit.ts";
import type { ProblemCode } from "./problem-code.ts";

/** Where a setting is written down, nearest to the tool last: each of these beats the shell. */
export type LayerName =
  | "shell"
  | "user"
  | "vs-code"
  | "project"
  | "project-local"
  | "script"
  | "command-line"
  | "managed";

/** The exact place of a value. Units: line and column count from 1; absent where a variable comes from no file that we know. */
export interface Place {
  readonly layer: LayerName;
  /** The variable, or the key's path joined by dots. */
  readonly name: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  /** How a settings file is written, and the key in it. */
  readonly syntax?: SettingsSyntaxName;
  readonly keys?: readonly string[];
  /** A variable that the tool reads before the file that `zenthrex setup` writes. */
  readonly beatsSetup?: true;
}

/** A value with its place, and the places that set the same thing and lose. `text` may be a secret. */
export interface Found {
  readonly text: string;
  readonly place: Place;
  readonly overridden: readonly Omit<Found, "overridden">[];
}

/** The header in which a tool sends a credential. */
export type CredentialHeader = "x-api-key" | "authorization" | "both";

/** A credential and how it travels. `missingVariable`: the setting names a variable that isn't set. */
export interface FoundCredential extends Found {
  readonly header: CredentialHeader;
  readonly missingVariable?: string;
}

/** What a model is asked for. `main` is what every prompt needs; the rest is background work and menus. */
export type ModelRole = "main" | "background";

/** A model's name. `requested`: what goes over the wire, where it differs. `isDefault`: nobody chose it, the tool would. */
export interface FoundModel extends Found {
  readonly role: ModelRole;
  readonly requested: string;
  /** What stands before the name in the setting: "mine/". */
  readonly prefix?: string;
  /** The names that the setting can choose from, where it can't name others. */
  readonly choices?: readonly string[];
  readonly isDefault?: true;
}

/** How a tool makes a request URL of its base: what it appends, and which base that wants. */
export interface JoinRule {
  readonly want: "bare" | "v1" | "endpoint";
  /** Appended to the base, its trailing slash taken off. */
  readonly suffix: string;
  readonly format: WireFormatName;
}

/** One address that a tool is configured with, and what it sends there. Credentials stand in the order of precedence. */
export interface ConfiguredEndpoint {
  /** What it is called in the tool's settings: "provider zenthrex". */
  readonly label: string;
  /** False: written down, but not what the tool uses at present. */
  readonly isActive: boolean;
  readonly join: JoinRule;
  readonly base: Found | undefined;
  /** Where a base would stand, in an entry that has none. */
  readonly basePlace?: Place;
  /** Another one is chosen in the same settings: what is wrong here is of no account before it is. */
  readonly isSpare?: true;
  /** Where its requests go without a base. */
  readonly defaultBase: string;
  readonly credentials: readonly FoundCredential[];
  /** Where a credential would stand, in an entry that has none. */
  readonly credentialPlace?: Place;
  /** The key lies where nobody else can read (a keychain, the editor's secret storage). */
  readonly hasHiddenCredential?: true;
  readonly models: readonly FoundModel[];
  /** An entry that bears our name is ours whatever it says. */
  readonly bearsOurName?: true;
  /** A line end in its credential keeps the tool from sending any. */
  readonly losesLineEnds?: true;
  /** It stands in a file that setup doesn't write: only an edit of that file mends it. */
  readonly apart?: ApartEntry;
  /** An entry of the user's own beside that of setup, which would leave it as it is: its keys are mended where they stand. */
  readonly isUsersOwn?: true;
  /** Setting the tool up would make it use another entry in this one's place. */
  readonly isReplacedBySetup?: true;
}

/** An entry of the user's own. `credential`: the key that holds one in plain text; `instead`: the keys that beat or replace it. */
export interface ApartEntry {
  readonly file: string;
  readonly syntax: SettingsSyntaxName;
  readonly credential?: readonly string[];
  readonly instead: readonly (readonly string[])[];
}

/** Which company proxy a tool's requests would take. `variables`: those it reads; `noProxy`: the list that it heeds. */
export interface ProxyFacts {
  readonly variables: readonly Found[];
  /** A proxy for https isn't asked for http addresses. */
  readonly isByScheme?: true;
  /** What ends a program of the tool's that goes on with the variables it was started with. */
  readonly ending?: string;
  readonly noProxy: string | undefined;
  /** The name under which that list stands, or would. */
  readonly noProxyName: string;
  /** The list under the other name, which isn't heeded. */
  readonly beaten?: Found;
  /** Under which names such a list has to be set. */
  readonly noProxyNames: readonly string[];
  /** An empty `no_proxy` that wins over a NO_PROXY with something in it. */
  readonly hiding?: Found;
}

/** What is read of a tool before anything is judged. */
export interface ToolFacts {
  readonly tool: string;
  readonly title: string;
  /** Something of it is on this machine: a program, an extension, a settings file, a variable. */
  readonly isPresent: boolean;
  readonly endpoints: readonly ConfiguredEndpoint[];
  /** Switches that change where it goes, that are on. */
  readonly switches: readonly Found[];
  readonly proxy?: ProxyFacts;
  /** A settings file of it can't be read: what is missing may stand there. */
  readonly hasUnreadable: boolean;
  readonly problems: readonly Problem[];
}

/** What is wrong, where, and what to do. No field holds a secret: `wrong` is masked. */
export interface Problem {
  readonly code: ProblemCode;
  /** `error`: the tool doesn't work so. `warning`: it works, by luck or not for all of it. `note`: worth a line, no more. */
  readonly severity: "error" | "warning" | "note";
  readonly place?: Place;
  readonly wrong?: string;
  readonly right?: string;
  /** One sentence without a full stop. */
  readonly cause: string;
  readonly fix: ProblemFix;
}

/**
 * What mends it. `command`: arguments of zenthrex that do it; `edit`: the one key that is at fault; neither where only a person can.
 * `beside`: what leaves the entry at fault alone and makes one that works.
 */
export interface ProblemFix {
  readonly text: string;
  readonly beside?: readonly string[];
  readonly command?: readonly string[];
  readonly edit?: KeyEdit;
}

/** A request as the tool will send it. Header values are left out: one of them is the credential. */
export interface ToolRequest {
  readonly method: "POST";
  readonly url: string;
  readonly format: WireFormatName;
  readonly headers: readonly string[];
  readonly model?: string;
}

/** A credential as it may be shown. */
export interface ShownCredential {
  readonly kind: CredentialKind;
  readonly masked: string;
  readonly header: CredentialHeader;
  readonly place: Place;
  readonly overridden: readonly Place[];
}

/** Whose a credential is, by its form. */
export type CredentialKind = "local-token" | "hosted-key" | "other-vendor" | "unknown";

/** Where an address leads. */
export type Destination = "daemon" | "hosted" | "near-hosted" | "loopback" | "vendor" | "elsewhere" | "unusable";

/** What a tool really does: nothing in it is a secret. */
export interface EffectiveEndpoint {
  readonly label: string;
  readonly isActive: boolean;
  /** It is meant for zenthrex or the hosted API: by its address, its credential or its name. */
  readonly isOurs: boolean;
  readonly destination: Destination;
  readonly base: { readonly shown: string; readonly place: Place; readonly overridden: readonly Place[] } | undefined;
  readonly credentials: readonly ShownCredential[];
  readonly models: readonly {
    readonly name: string;
    readonly requested: string;
    readonly role: ModelRole;
    readonly place: Place;
  }[];
  readonly requests: readonly ToolRequest[];
}

/** What is effective for a tool, and what is wrong with it, the cause before its consequences. */
export interface EffectiveTool {
  readonly tool: string;
  readonly title: string;
  readonly isPresent: boolean;
  readonly endpoints: readonly EffectiveEndpoint[];
  readonly switches: readonly Place[];
  readonly problems: readonly Problem[];
}

/** Who answers on a port of this machine. */
export type PortHolder = "ours" | "stranger" | "nothing";

/** All that reading and judging needs. Nothing is written; the network is asked through `identifyPort` alone. */
export interface EffectiveContext extends IntegrationContext {
  /** Where an administrator's settings lie; tests have their own. */
  readonly managedFolder: string;
  /** A settings file that a command line names for the tool (`claude --settings FILE`). */
  readonly commandLineFile?: string;
  /** The upstream of the daemon: the hosted API, or what stands in for it. Shape: an origin. */
  readonly upstreamOrigin: string;
  readonly daemonPort: number;
  readonly localToken: string | undefined;
  /** The user's model aliases, for what the daemon would resolve. */
  readonly aliases: Readonly<Record<string, string>>;
  /** Ids of the live list, where it was read. */
  readonly liveModels?: readonly string[];
  readonly identifyPort: (port: number) => Promise<PortHolder>;
  readonly exec: (
    file: string,
    args: readonly string[],
  ) => Promise<{ readonly exitCode: number; readonly stdout: string }>;
}

/** One tool: reads everything that decides where it goes. */
export interface EffectiveReader {
  readonly title: string;
  read(context: EffectiveContext): Promise<Omit<ToolFacts, "tool" | "title">>;
}
