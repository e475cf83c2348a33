// Prints a software bill of materials in CycloneDX 1.6 JSON: what `npm install -g zenthrex` puts on a machine, from the lockfile.
// https://cyclonedx.org/docs/1.6/json/
import { readFileSync } from "node:fs";

const read = (name) => JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), "utf8"));
const { name, version, license, description } = read("package.json");
const { packages } = read("package-lock.json");

/** https://github.com/package-url/purl-spec/blob/main/types-doc/npm-definition.md */
const purl = (packageName, packageVersion) => `pkg:npm/${packageName.replace(/^@/, "%40")}@${packageVersion}`;

/** "sha512-<base64>" as the standard wants it. */
function hashes(integrity) {
  return integrity.split(" ").map((part) => {
    const dash = part.indexOf("-");
    const algorithm = part.slice(0, dash).replace(/^sha(\d+)$/, "SHA-$1");
    return { alg: algorithm, content: Buffer.from(part.slice(dash + 1), "base64").toString("hex") };
  });
}

const nameOf = (path) => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
const runtime = Object.entries(packages).filter(([path, entry]) => path !== "" && entry.dev !== true);

/** Where Node looks for a dependency: beside the package, then in the folders above it. */
function resolvePath(from, dependency) {
  for (let folder = from; ; ) {
    const path = `${folder === "" ? "" : `${folder}/`}node_modules/${dependency}`;
    if (packages[path] !== undefined) return path;
    if (folder === "") return undefined;
    const above = folder.lastIndexOf("/node_modules/");
    folder = above < 0 ? "" : folder.slice(0, above);
  }
}

const refOf = (path) => (path === "" ? purl(name, version) : purl(nameOf(path), packages[path].version));
const dependsOn = (path) =>
  Object.keys(packages[path].dependencies ?? {})
    .map((dependency) => resolvePath(path, dependency))
    .filter((found) => found !== undefined)
    .map(refOf)
    .sort();

const bom = {
  bomFormat: "CycloneDX",
  specVersion: "1.6",
  version: 1,
  metadata: {
    component: {
      type: "application",
      "bom-ref": refOf(""),
      name,
      version,
      description,
      licenses: [{ license: { id: license } }],
      purl: purl(name, version),
    },
  },
  components: runtime.map(([path, entry]) => ({
    type: "library",
    "bom-ref": refOf(path),
    name: nameOf(path),
    version: entry.version,
    ...(entry.optional === true && { scope: "optional" }),
    ...(entry.integrity !== undefined && { hashes: hashes(entry.integrity) }),
    ...(typeof entry.license === "string" && { licenses: [{ expression: entry.license }] }),
    purl: purl(nameOf(path), entry.version),
  })),
  dependencies: ["", ...runtime.map(([path]) => path)].map((path) => ({
    ref: refOf(path),
    dependsOn: dependsOn(path),
  })),
};
process.stdout.write(`${JSON.stringify(bom, null, 2)}\n`);
