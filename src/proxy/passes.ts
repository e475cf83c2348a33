import { admit } from "./admit.ts";
import { budget } from "./budget.ts";
import { gate } from "./gate.ts";
import { lane } from "./lane.ts";
import type { Pass } from "./pass.ts";
import { prepareTranslation } from "./prepare-translation.ts";
import { receive } from "./receive.ts";
import { resolveModelName } from "./resolve-model-name.ts";
import { route } from "./route.ts";

/**
 * What happens to a request, in this order; each pass takes it or hands it on.
 * gate: may this caller ask at all, decided before the body is read. route: what needs no body is answered here.
 * receive: the body. prepareTranslation: what a translation needs, a readable body. resolveModelName: which model is meant.
 * budget: the user's own limit. admit: the key, the record's beginning. lane: the upstream.
 */
export const passes: readonly Pass[] = [
  gate,
  route,
  receive,
  prepareTranslation,
  resolveModelName,
  budget,
  admit,
  lane,
];
