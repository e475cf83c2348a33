import { findModel, type Model, models } from "../../catalog/models.ts";
import { type Refusal, refusal } from "../refusal.ts";

/** The model of an id, if the hosted documentation lists it (Sonnet isn't listed), else a 404. */
export function documentedModel(id: string): Model | Refusal {
  const model = findModel(id);
  if (model?.documented === true) return model;
  const known = models.filter((one) => one.documented).map((one) => one.id);
  return { ...refusal(404, `model: ${id} (this API has ${known.join(", ")})`), param: "model" };
}
