/**
 * The answer of `GET /v1/models`, byte for byte as it is documented: one model is listed twice, under two names.
 * Source: hosted documentation, "GET /v1/models".
 */
export const modelsDocument = `{
  "data": [
    {"id": "claude-opus-4-7", "display_name": "Claude Opus 4.7"},
    {"id": "claude-opus-4-7", "display_name": "Claude Sonnet 4.6"},
    {"id": "claude-haiku-4-5", "display_name": "Claude Haiku 4.5"}
  ]
}`;
