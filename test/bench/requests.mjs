// What the load driver sends: bodies in the shape of a wire format, with the upstream's answer named in the first message
// ("bench:...", see mock-upstream.c). A new lane is one more entry of `shapes`.
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const MODEL = "claude-opus-4-7";
const AGENT_BODY_BYTES = 137_000;
const AGENT_TOOLS = 24;
const AGENT_TURNS = 81;

const prose =
  "Die Prüfung der Einträge läuft — «naïve» café, 東京, Привет: the function reads a line, splits it at tabs and keeps what is left.\n";
const code =
  "  if (entry.status !== undefined && entry.size > limitBytes) {\n    return { ok: false, reason: `too large` };\n  }\n";

/** A conversation as a coding agent sends it: 24 tools, 81 turns, code, text beyond ASCII, about 137 KB. */
function agentMessages(command) {
  const messages = [
    { role: "user", content: [{ type: "text", text: `${command}\nPlease look through the project.` }] },
  ];
  for (let turn = 1; turn < AGENT_TURNS; turn += 2) {
    const id = `toolu_bench${String(turn).padStart(4, "0")}`;
    messages.push({
      role: "assistant",
      content: [
        { type: "text", text: `Step ${turn}. ${prose.repeat(3)}` },
        { type: "tool_use", id, name: "read_file_0", input: { path: `src/part-${turn}.ts`, from: turn } },
      ],
    });
    const output = `${code.repeat(7)}${prose.repeat(6)}"line ${turn}"`;
    messages.push({ role: "user", content: [{ type: "tool_result", tool_use_id: id, content: output }] });
  }
  return messages;
}

function agentTools() {
  return Array.from({ length: AGENT_TOOLS }, (_, index) => ({
    name: `read_file_${index}`,
    description: `Tool ${index}. ${prose.repeat(6)}`,
    input_schema: {
      type: "object",
      properties: { path: { type: "string", description: prose.trim() }, from: { type: "integer" } },
      required: ["path"],
    },
  }));
}

/** The key order of Claude Code's own bodies: model first, stream last. */
function agentBody(command) {
  const body = {
    model: MODEL,
    messages: agentMessages(command),
    system: [{ type: "text", text: "" }],
    tools: agentTools(),
    metadata: { user_id: "bench" },
    max_tokens: 64000,
    stream: false,
  };
  const missing = AGENT_BODY_BYTES - Buffer.byteLength(JSON.stringify(body));
  body.system[0].text = prose.repeat(Math.max(1, Math.floor(missing / Buffer.byteLength(JSON.stringify(prose)))));
  return body;
}

function small(command, stream) {
  return { model: MODEL, max_tokens: 1024, messages: [{ role: "user", content: command }], stream };
}

/** The same conversation as an OpenAI client sends it. */
function chatAgentBody(command) {
  const { model, system, messages, tools, max_tokens, stream } = agentBody(command);
  const chat = messages.flatMap(({ role, content }) =>
    content.map((block) => {
      if (block.type === "tool_result")
        return { role: "tool", tool_call_id: block.tool_use_id, content: block.content };
      if (block.type === "text") return { role, content: block.text };
      const call = { name: block.name, arguments: JSON.stringify(block.input) };
      return { role, content: null, tool_calls: [{ id: block.id, type: "function", function: call }] };
    }),
  );
  return {
    model,
    messages: [{ role: "system", content: system[0].text }, ...withCallsBesideText(chat)],
    tools: tools.map(({ name, description, input_schema }) => ({
      type: "function",
      function: { name, description, parameters: input_schema },
    })),
    max_tokens,
    stream,
  };
}

/** An assistant's text and its tool call are one message. */
function withCallsBesideText(messages) {
  const joined = [];
  for (const message of messages) {
    const before = joined.at(-1);
    if (message.tool_calls !== undefined && before?.role === "assistant") before.tool_calls = message.tool_calls;
    else joined.push({ ...message });
  }
  return joined;
}

const commands = {
  json: "bench:json",
  "sse-single": "bench:sse:200:0:1",
  "sse-burst": "bench:sse:200:0:20",
  "sse-short": "bench:sse:5:0:1",
  "sse-paced": "bench:sse:100:2000:1",
  "sse-slow": "bench:sse:100000:1000000:1",
};

const eventsOf = { "sse-single": 200, "sse-burst": 200, "sse-short": 5, "sse-paced": 100 };

/** Wire formats: the path, the bodies, and how a whole answer is recognised. */
const shapes = {
  anthropic: {
    path: "/v1/messages",
    headers: {
      "anthropic-version": "2023-06-01",
      "anthropic-beta": "claude-code-20250219,interleaved-thinking-2025-05-14",
    },
    body: (kind) => (kind === "agent" ? agentBody(commands.json) : small(commands[kind], kind !== "json")),
    // message_start, content_block_start, the deltas, content_block_stop, message_delta, message_stop
    frames: (events) => events + 5,
    endMarker: "message_stop",
  },
  "openai-chat": {
    path: "/v1/chat/completions",
    headers: {},
    body: (kind) => (kind === "agent" ? chatAgentBody(commands.json) : small(commands[kind], kind !== "json")),
    // the chunk with the role, the deltas, the chunk with finish_reason, [DONE]
    frames: (events) => events + 3,
    endMarker: "[DONE]",
  },
};

/** Writes bodies and headers into the folder and returns `(kind) -> the driver's arguments` for that format and credential. */
export function prepareRequests(directory, shapeName, label, credential) {
  const shape = shapes[shapeName];
  const headers = {
    accept: "application/json",
    "content-type": "application/json",
    "user-agent": "zenthrex-bench/1",
    ...shape.headers,
    ...credential,
  };
  const headersFile = join(directory, `${label}.headers`);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  writeFileSync(headersFile, lines.join(""), { mode: 0o600 });
  return (kind) => {
    const bodyFile = join(directory, `${shapeName}-${kind}.json`);
    writeFileSync(bodyFile, JSON.stringify(shape.body(kind)));
    const events = eventsOf[kind];
    return {
      path: shape.path,
      headersFile,
      bodyFile,
      expectedFrames: events === undefined ? 0 : shape.frames(events),
      endMarker: events === undefined ? "-" : shape.endMarker,
    };
  };
}
