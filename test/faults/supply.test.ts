import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ask, toolHeaders } from "../proxy/support/client.ts";
import { startUpstream } from "../proxy/support/test-proxy.ts";
import { jsonAnswer } from "../support/raw-upstream.ts";
import { filesBelow, root } from "../support/source-files.ts";
import { temporaryHome } from "../support/temporary-home.ts";
import { startServe } from "./support/serve.ts";

interface LockEntry {
  readonly version: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
}

const json = (name: string): unknown => JSON.parse(readFileSync(join(root, name), "utf8"));
const lock = json("package-lock.json") as { readonly packages: Readonly<Record<string, LockEntry>> };
const manifest = json("package.json") as {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
};
const installed = Object.entries(lock.packages).filter(([path]) => path !== "");
const runtime = installed.filter(([, entry]) => entry.dev !== true);

describe("what is published", () => {
  it("is the program, the compiled sources, and nothing that the sources don't say [T21]", () => {
    const { stdout, stderr } = spawnSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
      cwd: root,
      encoding: "utf8",
      env: { ...process.env, HOME: "/root" },
    });
    expect(stdout, stderr).not.toBe("");
    const [report] = JSON.parse(stdout) as [{ files: { path: string; mode: number }[] }];
    const compiled = filesBelow("src", [".ts"]).flatMap((file) => {
      const stem = file.replace(/^src\//, "dist/").replace(/\.ts$/, "");
      return [`${stem}.js`, `${stem}.d.ts`];
    });
    const others = report.files.map(({ path }) => path).filter((path) => !compiled.includes(path));
    expect(others.sort()).toMatchInlineSnapshot(`
      [
        "LICENSE",
        "README.md",
        "bin/package.json",
        "bin/zenthrex.js",
        "package.json",
      ]
    `);
    const packed = new Set(report.files.map(({ path }) => path));
    expect(compiled.filter((path) => path.endsWith(".js") && !packed.has(path))).toEqual([]);
  });

  it("runs nothing when it is installed [T21]", () => {
    for (const name of ["preinstall", "install", "postinstall"]) expect(manifest.scripts).not.toHaveProperty(name);
    expect(runtime.filter(([, entry]) => entry.hasInstallScript === true)).toEqual([]);
    expect(Object.keys(manifest.dependencies).length).toBeLessThanOrEqual(10);
  });
});

describe("the lockfile", () => {
  it("has the digest of every package but of other platforms' [T21]", () => {
    const bare = installed.filter(([, entry]) => entry.integrity === undefined);
    expect(
      bare.filter(([, { optional, os, cpu }]) => optional !== true || (os === undefined && cpu === undefined)),
    ).toEqual([]);
    for (const [path, { integrity }] of installed)
      if (integrity !== undefined) expect([path, integrity]).toEqual([path, expect.stringMatching(/^sha512-/)]);
  });
});

describe("the bill of materials", () => {
  const { stdout } = spawnSync(process.execPath, [join(root, ".ci/sbom.mjs")], { encoding: "utf8" });
  const bom = JSON.parse(stdout) as {
    bomFormat: string;
    specVersion: string;
    metadata: { component: { "bom-ref": string } };
    components: {
      name: string;
      version: string;
      purl: string;
      "bom-ref": string;
      hashes: { alg: string; content: string }[];
    }[];
    dependencies: { ref: string; dependsOn: string[] }[];
  };

  it("names each package that is installed with it, with its digest [T21]", () => {
    expect([bom.bomFormat, bom.specVersion]).toEqual(["CycloneDX", "1.6"]);
    expect(bom.components.map(({ name, version }) => `node_modules/${name}@${version}`).sort()).toEqual(
      runtime
        .map(([path, { version }]) => `node_modules/${path.slice(path.lastIndexOf("node_modules/") + 13)}@${version}`)
        .sort(),
    );
    for (const { hashes, purl } of bom.components) {
      expect(hashes).toEqual([{ alg: "SHA-512", content: expect.stringMatching(/^[0-9a-f]{128}$/) }]);
      expect(purl).toMatch(/^pkg:npm\/(%40[\w.-]+\/)?[\w.-]+@\d/);
    }
  });

  it("leads from the program to every one of them [T21]", () => {
    const edges = new Map(bom.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
    const reached = new Set<string>();
    const visit = (ref: string): void => {
      if (reached.has(ref)) return;
      reached.add(ref);
      for (const next of edges.get(ref) ?? []) visit(next);
    };
    visit(bom.metadata.component["bom-ref"]);
    expect(bom.components.filter((component) => !reached.has(component["bom-ref"])).map(({ name }) => name)).toEqual(
      [],
    );
    expect(reached.size).toBe(bom.components.length + 1);
  });
});

const canTrace = spawnSync("strace", ["-o", "/dev/null", "true"]).status === 0;

describe("a running daemon", () => {
  it.runIf(canTrace)("connects to the upstream and to nothing else [T21]", async () => {
    const upstream = await startUpstream((_request, connection) =>
      connection.write(jsonAnswer({ type: "message", data: [] })),
    );
    const home = temporaryHome();
    const trace = join(home, "trace");
    const served = await startServe({
      home,
      upstream: upstream.url,
      before: ["strace", "-f", "-qq", "-e", "trace=connect,sendto", "-o", trace],
    });
    const headers = { ...toolHeaders, "x-api-key": served.localToken };
    for (const path of ["/v1/messages", "/v1/chat/completions"]) await ask(served.port, { path, headers });
    await ask(served.port, { method: "GET", path: "/v1/models", headers });
    expect(existsSync(trace)).toBe(true);
    const text = readFileSync(trace, "utf8");
    const ports = [...text.matchAll(/sa_family=AF_INET6?, sin6?_port=htons\((\d+)\)/g)].map(([, port]) => Number(port));
    expect(new Set(ports)).toEqual(new Set([upstream.port]));
  });
});
