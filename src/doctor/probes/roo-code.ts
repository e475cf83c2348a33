import { toolProbe } from "../tool-probe.ts";

export default toolProbe("roo-code", "Roo Code");
