import { isJsonObject, type JsonObject } from "../../base/json.ts";
import { imageTypeOfBase64 } from "../../catalog/media-size.ts";
import type { HubBlockParam } from "../anthropic/hub.ts";
import { malformed, type Notes, refusal } from "../notes.ts";

type ImageBlock = Extract<HubBlockParam, { type: "image" }>;
type DocumentBlock = Extract<HubBlockParam, { type: "document" }>;

/** What Anthropic's vision takes, and one wrong spelling of it that is common. */
const imageTypes: Readonly<Record<string, "image/jpeg" | "image/png" | "image/gif" | "image/webp">> = {
  "image/jpeg": "image/jpeg",
  "image/jpg": "image/jpeg",
  "image/png": "image/png",
  "image/gif": "image/gif",
  "image/webp": "image/webp",
};

interface DataUrl {
  readonly mediaType: string;
  readonly data: string;
}

/** The parts of a base64 data URL. By offsets: the data may be megabytes. */
function readDataUrl(url: string): DataUrl | undefined {
  const comma = url.indexOf(",");
  if (comma < 0 || !/^data:/i.test(url)) return undefined;
  const [mediaType = "", ...parameters] = url.slice("data:".length, comma).toLowerCase().split(";");
  if (!parameters.some((parameter) => parameter.trim() === "base64")) return undefined;
  return { mediaType: mediaType.trim(), data: url.slice(comma + 1) };
}

/** Anthropic looks at the bytes: an image that was declared as another type is a 400 there, and common. */
function imageOfData({ mediaType, data }: DataUrl, path: string, notes: Notes): ImageBlock {
  const declared = imageTypes[mediaType];
  const shown = imageTypeOfBase64(data);
  const known = declared === undefined || shown === undefined ? declared : imageTypes[shown];
  if (known !== declared)
    notes.add("repaired", "media_type", path, `the image is declared as ${declared} but is ${known}`);
  if (known === undefined)
    throw refusal(`${path} is no image that the hosted API takes`, path, "Send JPEG, PNG, GIF or WebP.");
  return { type: "image", source: { type: "base64", media_type: known, data } };
}

/** An `image_url` part. Throws: for what is neither an http(s) address nor a base64 image of a known type. */
export function imageBlock(part: JsonObject, path: string, notes: Notes): ImageBlock {
  const source = part["image_url"];
  const url = isJsonObject(source) ? source["url"] : source;
  const urlPath = isJsonObject(source) ? `${path}.image_url.url` : `${path}.image_url`;
  if (typeof url !== "string" && typeof part["file_id"] === "string")
    throw refusal(
      `${path}.file_id: the hosted API stores no files`,
      `${path}.file_id`,
      "Send the image as a data: URL.",
    );
  if (typeof url !== "string")
    throw malformed(`${urlPath} must be a string`, urlPath, "Send the address or the data of the image.");
  const detail = isJsonObject(source) ? source["detail"] : part["detail"];
  if (detail === "low" || detail === "high") {
    const detailPath = isJsonObject(source) ? `${path}.image_url.detail` : `${path}.detail`;
    notes.add("dropped", "detail", detailPath, "the hosted API has no levels of detail");
  }
  if (/^https?:\/\//i.test(url)) return { type: "image", source: { type: "url", url } };
  const data = readDataUrl(url);
  if (data === undefined)
    throw refusal(`${urlPath} is no http address and no base64 data`, urlPath, "Send a data: URL in base64.");
  return imageOfData(data, urlPath, notes);
}

/** The text behind base64, as UTF-8. */
function decodeText(data: string, path: string): string {
  try {
    return new TextDecoder("utf-8").decode(Uint8Array.from(atob(data), (character) => character.charCodeAt(0)));
  } catch {
    throw malformed(`${path} is not valid base64`, path, "Send the file in base64.");
  }
}

/** Data without a `data:` prefix: what it is follows from the name. */
function bareData(data: string, filename: string): DataUrl {
  return { mediaType: /\.pdf$/i.test(filename) || data.startsWith("JVBERi") ? "application/pdf" : "", data };
}

/** A `file` part: PDF, plain text, or an image. Throws: for ids of files, which only OpenAI knows, and for other types. */
export function fileBlock(part: JsonObject, path: string, notes: Notes): ImageBlock | DocumentBlock {
  const file = isJsonObject(part["file"]) ? part["file"] : part;
  const base = file === part ? path : `${path}.file`;
  const { file_data: data, file_id: id, file_url: url, filename } = file;
  if (typeof url === "string" && typeof data !== "string") return { type: "document", source: { type: "url", url } };
  if (typeof data !== "string") {
    const where = `${base}.${id === undefined ? "file_data" : "file_id"}`;
    throw refusal(`${where}: the hosted API stores no files`, where, "Send the content of the file as file_data.");
  }
  const dataPath = `${base}.file_data`;
  const name = typeof filename === "string" ? filename : "";
  const title = name === "" ? {} : { title: name };
  const file64 = readDataUrl(data) ?? bareData(data, name);
  if (file64.mediaType === "application/pdf") {
    return { type: "document", source: { type: "base64", media_type: "application/pdf", data: file64.data }, ...title };
  }
  if (file64.mediaType.startsWith("text/") || file64.mediaType === "application/json") {
    const text = decodeText(file64.data, dataPath);
    return { type: "document", source: { type: "text", media_type: "text/plain", data: text }, ...title };
  }
  if (imageTypes[file64.mediaType] !== undefined) return imageOfData(file64, dataPath, notes);
  throw refusal(
    `${dataPath} is no file that the hosted API takes`,
    dataPath,
    "Send a PDF, a text or an image as a data: URL.",
  );
}
