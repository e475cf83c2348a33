import { isJsonObject, type JsonObject } from "../base/json.ts";
import { imageSizeOfBase64, pdfPagesOfBase64 } from "./media-size.ts";
import { type Tokenizer, textTokens } from "./text-tokens.ts";

/** Tokens of what has no text. Source: Anthropic's vision page (w*h/750, scaled down to this many) and PDF page (3,000 a page). */
const imageTokens: Readonly<Record<Tokenizer, number>> = { "before-4.7": 1_600, "4.7": 5_000 };
const pixelsPerToken = 750;
const tokensPerPdfPage = 3_000;
/** A document behind an address can't be looked at: taken for this many pages. */
const pagesOfUnseenPdf = 10;

const tokensPerRequest = 8;
const tokensPerBlock = 4;
/** What the instructions for tool use cost once a request has tools. */
const tokensOfToolInstructions = 600;
/** Content inside content (a document in a tool result) is looked into this far; beyond it is counted as JSON. */
const deepestContent = 8;

/**
 * An upper estimate of the tokens of a text, from its bytes by kind of run. Pure, one pass, no vocabulary.
 * Shape: a whole number, 0 for the empty text.
 */
export function estimateTokens(text: string, tokenizer: Tokenizer): number {
  return textTokens(text, tokenizer, false);
}

/** Strings, keys and marks of a value, counted with a list of our own instead of the stack: for what is nested too deep. */
function deepTokens(value: unknown, tokenizer: Tokenizer): number {
  const waiting: unknown[] = [value];
  let total = 0;
  while (waiting.length > 0) {
    const item = waiting.pop();
    total += 2;
    if (typeof item === "string") total += textTokens(item, tokenizer, true);
    else if (Array.isArray(item)) for (const part of item) waiting.push(part);
    else if (isJsonObject(item)) for (const [key, part] of Object.entries(item)) waiting.push(key, part);
  }
  return total;
}

/** A block or tool without its cache mark, which is not part of the prompt. */
function unmarked(value: unknown): unknown {
  if (!isJsonObject(value) || value["cache_control"] === undefined) return value;
  const { cache_control: _, ...rest } = value;
  return rest;
}

/** Tokens of a value as the model sees it: its JSON text. */
function jsonTokens(value: unknown, tokenizer: Tokenizer): number {
  try {
    return textTokens(JSON.stringify(unmarked(value)) ?? "", tokenizer, true);
  } catch {
    return deepTokens(value, tokenizer);
  }
}

function imageBlockTokens(source: unknown, tokenizer: Tokenizer): number {
  const most = imageTokens[tokenizer];
  if (!isJsonObject(source) || typeof source["data"] !== "string") return most;
  const size = imageSizeOfBase64(source["data"]);
  return size === undefined ? most : Math.min(most, Math.ceil((size.width * size.height) / pixelsPerToken));
}

function documentTokens(source: unknown, tokenizer: Tokenizer, depth: number): number {
  if (!isJsonObject(source)) return 0;
  if (source["type"] === "content") return contentTokens(source["content"], tokenizer, depth);
  if (typeof source["data"] !== "string") return pagesOfUnseenPdf * tokensPerPdfPage;
  if (source["type"] === "text") return estimateTokens(source["data"], tokenizer);
  return pdfPagesOfBase64(source["data"]) * tokensPerPdfPage;
}

/** Tokens of `content`: a string, or blocks. */
function contentTokens(content: unknown, tokenizer: Tokenizer, depth: number): number {
  if (typeof content === "string") return estimateTokens(content, tokenizer);
  if (!Array.isArray(content)) return 0;
  return content.reduce((total: number, block: unknown) => total + blockTokens(block, tokenizer, depth + 1), 0);
}

const stringTokens = (value: unknown, tokenizer: Tokenizer): number =>
  typeof value === "string" ? estimateTokens(value, tokenizer) : 0;

/** Encrypted thinking has about four base64 characters for each token that it stands for. */
const encryptedTokens = (value: unknown): number => (typeof value === "string" ? Math.ceil(value.length / 4) : 0);

function knownBlockTokens(block: JsonObject, tokenizer: Tokenizer, depth: number): number {
  switch (block["type"]) {
    case "text":
      return stringTokens(block["text"], tokenizer);
    case "image":
      return imageBlockTokens(block["source"], tokenizer);
    case "document":
      return (
        documentTokens(block["source"], tokenizer, depth) +
        stringTokens(block["title"], tokenizer) +
        stringTokens(block["context"], tokenizer)
      );
    case "thinking":
      return Math.max(stringTokens(block["thinking"], tokenizer), encryptedTokens(block["signature"]));
    case "redacted_thinking":
      return encryptedTokens(block["data"]);
    case "tool_result":
      return stringTokens(block["tool_use_id"], tokenizer) + contentTokens(block["content"], tokenizer, depth);
    default:
      return jsonTokens(block, tokenizer);
  }
}

/** An upper estimate of one content block, of whatever kind. Never throws. */
function blockTokens(block: unknown, tokenizer: Tokenizer, depth = 0): number {
  if (!isJsonObject(block) || depth > deepestContent) return tokensPerBlock + jsonTokens(block, tokenizer);
  return tokensPerBlock + knownBlockTokens(block, tokenizer, depth);
}

/** Where the tokens of a request are. Units: estimated tokens. */
export interface RequestTokenParts {
  /** What belongs to no block: the request itself, an output schema. */
  readonly overhead: number;
  readonly tools: readonly number[];
  /** A system text that is a string counts as one block. */
  readonly system: readonly number[];
  /** One list a message, one number a block; content that is a string counts as one block. */
  readonly messages: readonly (readonly number[])[];
}

function partsOfContent(content: unknown, tokenizer: Tokenizer): number[] {
  if (Array.isArray(content)) return content.map((block: unknown) => blockTokens(block, tokenizer));
  return typeof content === "string" ? [tokensPerBlock + estimateTokens(content, tokenizer)] : [];
}

function partsOfMessage(message: unknown, tokenizer: Tokenizer): number[] {
  const blocks = partsOfContent(isJsonObject(message) ? message["content"] : undefined, tokenizer);
  return [tokensPerBlock + (blocks[0] ?? 0), ...blocks.slice(1)];
}

/**
 * An upper estimate of a Messages request, block by block, so that a prefix of it can be counted too. Never throws.
 * Shape: the sum of all parts is what `estimateRequestTokens` says.
 */
export function requestTokenParts(body: unknown, tokenizer: Tokenizer): RequestTokenParts {
  const request: JsonObject = isJsonObject(body) ? body : {};
  const tools = Array.isArray(request["tools"]) ? request["tools"] : [];
  const messages = Array.isArray(request["messages"]) ? request["messages"] : [];
  const outputConfig = isJsonObject(request["output_config"]) ? request["output_config"]["format"] : undefined;
  const toolTokens = tools.map((tool) => tokensPerBlock + jsonTokens(tool, tokenizer));
  if (toolTokens[0] !== undefined) toolTokens[0] += tokensOfToolInstructions;
  return {
    overhead: tokensPerRequest + (isJsonObject(outputConfig) ? jsonTokens(outputConfig, tokenizer) : 0),
    tools: toolTokens,
    system: partsOfContent(request["system"], tokenizer),
    messages: messages.map((message) => partsOfMessage(message, tokenizer)),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** The input tokens of a request in parts, added up. */
export function sumOfParts(parts: RequestTokenParts): number {
  return parts.overhead + sum(parts.tools) + sum(parts.system) + sum(parts.messages.map(sum));
}

/**
 * An upper estimate of the input tokens of a Messages request: text by kind of run, tools at the JSON rate plus their
 * instructions, images by size, PDFs by page. Never throws, whatever the body is.
 */
export function estimateRequestTokens(body: unknown, tokenizer: Tokenizer): number {
  return sumOfParts(requestTokenParts(body, tokenizer));
}
