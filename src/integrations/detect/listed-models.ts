import { models } from "../../catalog/models.ts";

/** A model as a tool's own list names it. Units: tokens. */
export interface ListedModel {
  readonly id: string;
  readonly name: string;
  readonly contextTokens: number;
  readonly answerTokens: number;
}

/** Room for an answer; tools take it off the window, so that the model's own maximum of 128,000 would leave little. */
const ANSWER_TOKENS = 32_000;

/** The models that a tool may offer: the documented ones, with their windows. */
export function listedModels(): readonly ListedModel[] {
  return models
    .filter(({ documented }) => documented)
    .map(({ id, displayName, contextTokens, maxOutputTokens }) => ({
      id,
      name: displayName,
      contextTokens,
      answerTokens: Math.min(ANSWER_TOKENS, maxOutputTokens),
    }));
}
