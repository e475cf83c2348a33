import { toolProbe } from "../tool-probe.ts";

export default toolProbe("copilot-cli", "Copilot CLI");
