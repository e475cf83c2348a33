import { toolProbe } from "../tool-probe.ts";

export default toolProbe("opencode", "opencode");
