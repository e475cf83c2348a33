import { toolProbe } from "../tool-probe.ts";

export default toolProbe("openai-sdk", "OpenAI SDK");
