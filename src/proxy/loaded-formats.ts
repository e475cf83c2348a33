import { ZenthrexError } from "../base/errors.ts";
import type { Registry } from "../base/registry.ts";
import type { WireFormatName } from "../catalog/endpoints.ts";
import { formats } from "../formats/registry.ts";
import type { WireFormat } from "../formats/types.ts";
import type { ProxyOptions } from "./options.ts";

const registry: Registry<unknown> = formats;

/** The translations of one proxy. */
export interface LoadedFormats {
  /** Throws: ZX_ROUTE_UNSUPPORTED where there is no such translation. */
  load(name: WireFormatName): Promise<WireFormat>;
}

/** Loads the translations beside the start, so that neither the start nor the first request waits for all of them. */
export function loadFormats({ chat }: ProxyOptions): LoadedFormats {
  const loaded = new Map<string, Promise<WireFormat>>();
  const load = (name: WireFormatName): Promise<WireFormat> => {
    const known = loaded.get(name);
    if (known !== undefined) return known;
    const missing = new ZenthrexError("ZX_ROUTE_UNSUPPORTED", `there is no translation of ${name}`);
    const module = registry[name]?.() ?? Promise.reject(missing);
    const loading = module.then((one) => one.default as WireFormat);
    loaded.set(name, loading);
    // Whoever needs it sees why it failed.
    loading.catch(() => undefined);
    return loading;
  };
  if (chat === "translate") void load("openai-chat");
  void load("openai-responses");
  return { load };
}
