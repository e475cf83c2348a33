import { toolProbe } from "../tool-probe.ts";

export default toolProbe("aider", "Aider");
