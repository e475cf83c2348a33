import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { basename, dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { errorTable } from "../src/base/errors.ts";
import { filesBelow, type Import, importsOf, root } from "./support/source-files.ts";

/** Who may import whom. A row may import only what it names, and itself. */
const layers: Record<string, readonly string[]> = {
  base: [],
  catalog: ["base"],
  formats: ["base", "catalog"],
  config: ["base", "catalog"],
  history: ["base", "catalog"],
  upstream: ["base", "catalog"],
  sandbox: ["base", "catalog", "formats"],
  proxy: ["base", "catalog", "formats", "upstream", "history"],
  integrations: ["base", "catalog", "config"],
  daemon: ["base", "config"],
  doctor: ["base", "catalog", "config", "upstream", "integrations", "daemon"],
  cli: [
    "base",
    "catalog",
    "formats",
    "config",
    "history",
    "upstream",
    "sandbox",
    "proxy",
    "integrations",
    "daemon",
    "doctor",
  ],
};

/** The one place that may import a package. */
const doors: Record<string, RegExp> = {
  commander: /^src\/cli\//,
  chalk: /^src\/cli\/output\.ts$/,
  ora: /^src\/cli\/output\.ts$/,
  execa: /^src\/cli\//,
  conf: /^src\/config\//,
  undici: /^src\/upstream\//,
  "jsonc-parser": /^src\/integrations\//,
  yaml: /^src\/integrations\//,
  "smol-toml": /^src\/integrations\//,
};

const pure = new Set(["base", "catalog", "formats"]);
const sources = filesBelow("src", [".ts"]);
const layerOf = (file: string): string => file.split("/")[1] as string;
const target = (file: string, { specifier }: Import): string => join(dirname(file), specifier).replaceAll("\\", "/");

describe("the layers", () => {
  it("has a rule for every folder of src", () => {
    const folders = readdirSync(join(root, "src"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map((entry) => entry.name).filter((name) => layers[name] === undefined)).toEqual([]);
  });

  it.each(sources.filter((file) => file !== "src/index.ts"))("%s imports only what its layer may", (file) => {
    const allowed = [layerOf(file), ...(layers[layerOf(file)] ?? [])];
    const foreign = importsOf(file)
      .filter(({ specifier }) => specifier.startsWith("."))
      .map((found) => target(file, found))
      .filter((path) => !allowed.includes(layerOf(path)));
    expect(foreign).toEqual([]);
  });

  it.each(sources)("%s takes packages only through their door, and nothing else from outside", (file) => {
    const outside = importsOf(file).filter(({ specifier }) => !specifier.startsWith("."));
    const wrong = outside.filter(({ specifier, typeOnly }) => {
      const isBuiltin = specifier.startsWith("node:");
      if (pure.has(layerOf(file))) {
        return !(layerOf(file) === "formats" && typeOnly && /^(@anthropic-ai\/sdk|openai)(\/|$)/.test(specifier));
      }
      if (isBuiltin) return !builtinModules.includes(specifier.slice("node:".length));
      const name = specifier
        .split("/")
        .slice(0, specifier.startsWith("@") ? 2 : 1)
        .join("/");
      return typeOnly
        ? doors[name] === undefined && !/^(@anthropic-ai\/sdk|openai)$/.test(name)
        : !doors[name]?.test(file);
    });
    expect(wrong.map(({ specifier }) => specifier)).toEqual([]);
  });

  it("has no cycle", () => {
    const edges = new Map(
      sources.map((file) => [
        file,
        importsOf(file)
          .filter(({ specifier, typeOnly }) => specifier.startsWith(".") && !typeOnly)
          .map((found) => target(file, found)),
      ]),
    );
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      expect(path, `cycle: ${[...path, file].join(" -> ")}`).not.toContain(file);
      if (done.has(file)) return;
      for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
      done.add(file);
    };
    for (const file of sources) visit(file, []);
  });

  it("touches the process only where the command line meets the system", () => {
    const allowed = new Set(["src/cli/system-context.ts"]);
    const touching = sources.filter(
      (file) => !allowed.has(file) && /(?<![.\w])process\.(?!platform\b)|\bconsole\./.test(codeOf(file)),
    );
    expect(touching).toEqual([]);
  });
});

/** A file without comments and plain strings: a program that is printed may do what it likes. */
function codeOf(file: string): string {
  const text = readFileSync(join(root, file), "utf8").replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  return text.replace(/^ *"(?:[^"\\\n]|\\.)*",$/gm, "");
}

describe("the house", () => {
  it("keeps the top level as designed", () => {
    const visible = readdirSync(root)
      .filter((name) => !["node_modules", "dist"].includes(name) && name !== ".git")
      .sort();
    const designed = [
      ...["package.json", "package-lock.json", "tsconfig.json", "bin", "src", "test", "README.md", "LICENSE", "docs"],
      ...[".ci", ".github", ".biome.json", ".knip.json", ".editorconfig", ".gitignore", ".gitattributes", ".npmrc"],
    ].sort();
    expect(visible).toEqual(designed);
  });

  it("states one sentence above every export", () => {
    const bare = sources
      .filter((file) => !file.endsWith(".generated.ts"))
      .flatMap((file) => {
        const lines = readFileSync(join(root, file), "utf8").split("\n");
        return lines.flatMap((line, index) => {
          const isExport = /^export (?:async )?(?:function\*?|const|class|interface|type|abstract class) /.test(line);
          const isAdjacent = /^export const /.test(line) && /^export const .*;$/.test(lines[index - 1] ?? "");
          const isOverload = /^export (?:async )?function /.test(lines[index - 1] ?? "");
          const documented = /\*\/\s*$|^\s*\/\/ biome-ignore/.test(lines[index - 1] ?? "");
          return isExport && !documented && !isAdjacent && !isOverload ? [`${file}:${index + 1}`] : [];
        });
      });
    expect(bare).toEqual([]);
  });
});

describe("the code", () => {
  const own = sources.filter((file) => !file.endsWith(".generated.ts"));
  const textOf = (file: string): string => readFileSync(join(root, file), "utf8");

  it("has no file of more than 300 lines: a second idea stands in a file of its own", () => {
    expect(own.filter((file) => textOf(file).split("\n").length > 300)).toEqual([]);
  });

  it("throws every error of the table", () => {
    const others = sources.filter((file) => file !== "src/base/errors.ts").map(textOf);
    const codes = Object.keys(errorTable);
    expect(codes.filter((code) => !others.some((text) => new RegExp(`\\b${code}\\b`).test(text)))).toEqual([]);
  });

  it("names as its source no page that a reader can't open", () => {
    // Files that tools read or that this repository has may be named anywhere.
    const known = new Set(["CLAUDE.md", "AGENTS.md", ...filesBelow("docs", [".md"]).map((file) => basename(file))]);
    const named = sources.flatMap((file) =>
      [...textOf(file).matchAll(/(?<![\w/.-])[\w-]+\.md\b/g)].map(([name]) => ({ file, name })),
    );
    expect(named.filter(({ name }) => name !== "README.md" && !known.has(name))).toEqual([]);
  });
});

describe("what is installed with it", () => {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<
      string,
      { dev?: boolean; optional?: boolean; hasInstallScript?: boolean; resolved?: string; integrity?: string }
    >;
  };
  const runtime = Object.entries(lock.packages).filter(([path, entry]) => path !== "" && entry.dev !== true);

  it("is at most 64 packages, none with an install script [T21]", () => {
    expect(runtime.length).toBeLessThanOrEqual(64);
    expect(runtime.filter(([, entry]) => entry.hasInstallScript).map(([path]) => path)).toEqual([]);
  });

  it("is locked with integrity and names no registry host [T21]", () => {
    expect(runtime.filter(([, entry]) => entry.integrity === undefined).map(([path]) => path)).toEqual([]);
    const hosts = Object.entries(lock.packages).filter(([, entry]) => entry.resolved?.startsWith("http"));
    expect(hosts.map(([path]) => path)).toEqual([]);
  });
});
