import { createProbeContext } from "../../doctor/create-context.ts";
import { probes } from "../../doctor/registry.ts";
import { loadProbes, runProbes } from "../../doctor/run-probes.ts";
import { judge } from "../../doctor/verdict.ts";
import type { Command } from "../command.ts";
import { doctorJson } from "../doctor/doctor-json.ts";
import { probeFacts } from "../doctor/probe-facts.ts";
import { reportProbe, reportVerdict } from "../doctor/report-doctor.ts";
import { writeJson } from "../output.ts";

const doctor: Command = {
  description: "Finds out why it doesn't work: the cause, the proof and the command that mends it, in one run.",
  examples: [{ run: "zenthrex doctor", does: "check everything on this machine" }],
  exitCodes: {
    0: "nothing is broken",
    1: "a configuration or a check is",
    2: "wrong usage",
    3: "the key is missing or refused",
    4: "the wallet is empty",
    5: "the network, the daemon or the hosted API is",
  },
  json: '{"version":1,"verdict":{"code":"healthy","cause":"...","fix":null},"others":[],"probes":[...]}',
  async run({ options }, context) {
    const facts = probeFacts(options, { tool: undefined }, context);
    const chosen = await loadProbes(probes, () => true);
    const isJson = options["json"] === true;
    const style = { allCurls: false, curlsOf: () => [] };
    const reports = await runProbes(chosen, createProbeContext(facts), (report) => {
      if (!isJson) reportProbe(report, style, context);
    });
    const verdict = judge(reports);
    if (isJson) writeJson(context.stdout, doctorJson(verdict, reports, style.curlsOf));
    else reportVerdict(verdict, context);
    return verdict.exitCode;
  },
};

export default doctor;
