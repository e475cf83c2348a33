import { toolProbe } from "../tool-probe.ts";

export default toolProbe("qwen-code", "Qwen Code");
