import { describe, expect, it } from "vitest";
import { kinshipOf } from "../../src/catalog/host-kinship.ts";

describe("kinshipOf", () => {
  it.each([
    ["api.zentherixapi.xyz", "hosted"],
    ["api.zentherixapi.xyz.", "hosted"],
    ["api.zenthrexapi.xyz", "near"],
    ["api.zentherixapi.com", "near"],
    ["zentherixapi.xyz", "near"],
    ["dashboard.zentherixapi.xyz", "near"],
    ["ap.zentherixapi.xyz", "near"],
    ["api.anthropic.com", "vendor"],
    ["127.0.0.1", "loopback"],
    ["localhost", "loopback"],
    ["10.0.0.7", "other"],
    ["gateway.example.com", "other"],
    ["zenthrex.example.com", "other"],
  ])("calls %s %s", (host, kind) => {
    expect(kinshipOf(host).kind).toBe(kind);
  });
});
