import { toolProbe } from "../tool-probe.ts";

export default toolProbe("vscode", "VS Code chat");
