import { toolProbe } from "../tool-probe.ts";

export default toolProbe("anthropic-sdk", "Anthropic SDK");
