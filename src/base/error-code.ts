/** The system's code of an error, such as ENOENT; undefined where it has none. Of several addresses that were tried it is the first one's. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
