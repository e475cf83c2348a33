import { isJsonObject } from "../../../base/json.ts";
import { imageTypeOfBase64 } from "../../../catalog/media-size.ts";
import { type Block, innerBlocks, type MessagesRequest } from "../../messages-request.ts";
import { firstProblem } from "./first-problem.ts";

const maxImageBytes = 5 * 1024 * 1024;
const maxImages = 100;
const base64Pattern = /^[A-Za-z0-9+/]*={0,2}$/;
/** A PDF begins with "%PDF-", perhaps behind a few bytes of something else: this much of it is looked at. */
const pdfHeadCharacters = 1_368;

const isBase64 = (data: string): boolean => data.length > 0 && data.length % 4 === 0 && base64Pattern.test(data);

function checkImage(source: Record<string, unknown>, path: string): string | undefined {
  const data = String(source["data"]);
  if (!isBase64(data)) return `${path}.data: Input should be valid base64`;
  const bytes = Math.floor((data.length * 3) / 4);
  if (bytes > maxImageBytes) return `${path}: image exceeds 5 MB maximum: ${bytes} bytes > ${maxImageBytes} bytes`;
  const type = imageTypeOfBase64(data);
  if (type === undefined) return `${path}: Could not process image`;
  if (type === source["media_type"]) return undefined;
  return `${path}: The image was specified using the ${source["media_type"]} media type, but the image appears to be a ${type} image`;
}

function checkPdf(source: Record<string, unknown>, path: string): string | undefined {
  const data = String(source["data"]);
  if (!isBase64(data)) return `${path}.data: Input should be valid base64`;
  return atob(data.slice(0, pdfHeadCharacters)).includes("%PDF-")
    ? undefined
    : `${path}.data: The PDF specified was not valid.`;
}

function checkSource(block: Block, path: string): string | undefined {
  const source = block["source"];
  if (!isJsonObject(source)) return undefined;
  const tagged = `${path}.${block.type}.source.${String(source["type"])}`;
  if (source["type"] === "file") return `${tagged}.file_id: File not found: this API has no Files API`;
  if (source["type"] !== "base64") return undefined;
  return block.type === "image" ? checkImage(source, tagged) : checkPdf(source, tagged);
}

function* problems(request: MessagesRequest): Generator<string | undefined> {
  let images = 0;
  for (const turn of request.turns) {
    for (const [place, block] of turn.blocks.entries()) {
      const path = `messages.${turn.index}.content.${place}`;
      const inner = innerBlocks(block);
      yield checkSource(block, path);
      for (const [innerPlace, one] of inner.entries())
        yield checkSource(one, `${path}.${block.type}.content.${innerPlace}`);
      images += [block, ...inner].filter((one) => one.type === "image").length;
    }
  }
  if (images > maxImages) yield `messages: too many images: ${images} > ${maxImages}`;
}

/** Images and PDFs: what can be told from their bytes. Source: Anthropic's vision and PDF pages. */
export function checkMedia(request: MessagesRequest): string | undefined {
  return firstProblem(problems(request));
}
