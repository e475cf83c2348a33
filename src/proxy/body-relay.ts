import { ZenthrexError } from "../base/errors.ts";
import { isJsonObject, parseJson } from "../base/json.ts";
import type { Relay, RelayContext } from "./relay.ts";
import { anthropicUsage, openaiUsage } from "./usage.ts";

/** Bodies up to this size are read for their usage. */
const maxReadBytes = 16 * 1024 * 1024;
/** An answer without a length is kept whole up to this size, to see whether it is complete. */
const maxKeptBytes = 64 * 1024 * 1024;

/**
 * Passes any other body on, byte for byte. It ends well only where its length or its last chunk was seen, or, where the upstream
 * gave neither, where it is complete JSON; else the connection is cut behind what came.
 */
export function createBodyRelay(context: RelayContext, status: number, isDelimited: boolean): Relay {
  const { exchange, writer } = context;
  const isSuccess = status >= 200 && status < 300;
  const limit = isDelimited ? maxReadBytes : maxKeptBytes;
  const keeps = isSuccess || !isDelimited;
  let kept: Buffer[] = [];
  let keptBytes = 0;

  const readJson = (): unknown => {
    if (!keeps || keptBytes > limit) return undefined;
    try {
      return parseJson(kept.length === 1 && kept[0] !== undefined ? kept[0] : Buffer.concat(kept));
    } catch {
      return undefined;
    }
  };
  const learn = (value: unknown): void => {
    if (!isSuccess || !isJsonObject(value)) return;
    const read = exchange.format === "anthropic" ? anthropicUsage : openaiUsage;
    exchange.usage = read(value["usage"]);
    if (typeof value["model"] === "string") exchange.modelServed = value["model"];
  };
  const fail = (error: ZenthrexError): void => {
    exchange.errorCode = error.code;
    if (writer.hasBegun || writer.queue.length > 0) writer.cut();
    else context.refuse(error);
    context.settle(error.code === "ZX_SHUTTING_DOWN" ? "interrupted" : "upstream_error");
  };

  return {
    data(chunk) {
      if (keeps) {
        keptBytes += chunk.length;
        if (keptBytes <= limit) kept.push(chunk);
        else kept = [];
      }
      writer.queue.push(chunk);
      writer.schedule();
    },
    end(delimited) {
      const value = delimited ? undefined : readJson();
      if (!delimited && (typeof value !== "object" || value === null)) {
        fail(new ZenthrexError("ZX_UPSTREAM_CUT", "the hosted API's answer ended before its end"));
        return;
      }
      writer.end();
      context.settle(isSuccess ? "completed" : "upstream_error");
      // Reading comes after the client has all: a tap delays nothing.
      learn(delimited ? readJson() : value);
    },
    fail,
  };
}
