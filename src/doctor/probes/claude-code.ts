import { toolProbe } from "../tool-probe.ts";

export default toolProbe("claude-code", "Claude Code");
