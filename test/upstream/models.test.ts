import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { createUpstreamClient } from "../../src/upstream/client.ts";
import { type FetchModelsOptions, fetchModels } from "../../src/upstream/models.ts";
import { jsonAnswer, type RawUpstream, startRawUpstream } from "../support/raw-upstream.ts";

let upstream: RawUpstream | undefined;
afterEach(async () => {
  await upstream?.close();
  upstream = undefined;
});

async function models(body: unknown, options?: FetchModelsOptions): Promise<unknown> {
  upstream = await startRawUpstream(async (connection) => {
    await connection.readRequest();
    await connection.write(jsonAnswer(body));
  });
  const client = createUpstreamClient({ origin: upstream.url, clock: systemClock });
  try {
    return await fetchModels(client, options);
  } finally {
    await client.close();
  }
}

describe("fetchModels", () => {
  it("reads the documented list, duplicates and all", async () => {
    const documented = [
      { id: "claude-opus-4-7", display_name: "Claude Opus 4.7" },
      { id: "claude-opus-4-7", display_name: "Claude Sonnet 4.6" },
      { id: "claude-haiku-4-5", display_name: "Claude Haiku 4.5" },
    ];
    expect(await models({ data: documented })).toEqual(documented);
    expect(upstream?.requests[0]).toMatchObject({ method: "GET", path: "/v1/models" });
  });

  it("sends no key unless it is told to", async () => {
    await models({ data: [] });
    expect(upstream?.requests[0]?.head).not.toMatch(/authorization|x-api-key/i);
    await upstream?.close();
    await models({ data: [] }, { key: "zk_live_abcdefghijkl" });
    expect(upstream?.requests[0]?.head).toContain("authorization: Bearer zk_live_abcdefghijkl");
  });

  it("leaves out what isn't a model and what isn't documented", async () => {
    const data = [
      { id: "a", object: "model", created: 1 },
      null,
      "b",
      7,
      { id: 7 },
      { id: "" },
      [],
      { id: "c", display_name: 1 },
    ];
    expect(await models({ object: "list", data, has_more: false })).toEqual([{ id: "a" }, { id: "c" }]);
  });

  it.each([{}, { data: null }, { data: {} }, { models: [] }])("refuses an answer without a list: %j", async (body) => {
    await expect(models(body)).rejects.toMatchObject({ code: "ZX_UPSTREAM_NOT_API" });
  });
});
