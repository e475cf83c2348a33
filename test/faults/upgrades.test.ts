import { cpSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ask, smallBody, streamBody, toolHeaders } from "../proxy/support/client.ts";
import { root } from "../support/source-files.ts";
import { temporaryHome } from "../support/temporary-home.ts";
import { startServe } from "./support/serve.ts";

describe("a program that is replaced under its running daemon", () => {
  it.each(["gone", "another version"])(
    "goes on serving in every lane, and ends well: its files are %s [F87]",
    async (what) => {
      const place = join(temporaryHome(), "package");
      mkdirSync(place);
      for (const name of ["bin", "dist", "package.json"])
        cpSync(join(root, name), join(place, name), { recursive: true });
      symlinkSync(join(root, "node_modules"), join(place, "node_modules"));
      const served = await startServe({ program: join(place, "bin/zenthrex.js") });
      renameSync(join(place, "dist"), join(place, "dist-old"));
      if (what === "another version") {
        mkdirSync(join(place, "dist/cli"), { recursive: true });
        writeFileSync(join(place, "dist/cli/main.js"), "export const main = 1;");
      }
      const headers = { ...toolHeaders, "x-api-key": served.localToken };
      for (const path of ["/v1/messages", "/v1/chat/completions"]) {
        for (const body of [smallBody, streamBody]) {
          expect([path, (await ask(served.port, { path, body, headers })).status]).toEqual([path, 200]);
        }
      }
      for (const path of ["/v1/models", "/v1/whoami", "/healthz?nonce=0123456789abcdef"]) {
        expect([path, (await ask(served.port, { method: "GET", path, headers })).status]).toEqual([path, 200]);
      }
      expect((await ask(served.port, { path: "/v1/messages/count_tokens", headers })).status).toBe(200);
      expect((await ask(served.port, { path: "/nonsense", headers })).status).toBe(421);
      served.kill("SIGTERM");
      expect(await served.ended).toBe(0);
    },
  );
});
