import { toolProbe } from "../tool-probe.ts";

export default toolProbe("zed", "Zed");
