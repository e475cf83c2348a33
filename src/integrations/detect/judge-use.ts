import { hostedOrigin } from "../../catalog/endpoints.ts";
import type { Status } from "../types.ts";

/** What a base URL and a credential amount to. Empty texts are as good as none. */
export function judgeUse(address: string | undefined, credential: string | undefined): Status["configuredFor"] {
  const url = URL.canParse(address ?? "") ? new URL(address ?? "") : undefined;
  const secret = credential ?? "";
  if (isLoopback(url) && secret.startsWith("zxl_")) return "zenthrex-local";
  if (url?.origin === hostedOrigin || secret.startsWith("zk_")) return "zenthrex-direct";
  return (address ?? "") !== "" || secret !== "" ? "other" : "nothing";
}

function isLoopback(url: URL | undefined): boolean {
  return url !== undefined && /^(127\.0\.0\.1|localhost|\[::1\])$/.test(url.hostname);
}
