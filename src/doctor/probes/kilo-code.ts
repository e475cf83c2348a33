import { toolProbe } from "../tool-probe.ts";

export default toolProbe("kilo-code", "Kilo Code");
