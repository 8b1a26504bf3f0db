import { constants } from "node:http2";
import { type DescMethod, fromBinary, fromJson, type JsonValue, type Message } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import type { Wire } from "../rpc/wire.ts";

const framePrefix = 5;
const { NGHTTP2_REFUSED_STREAM } = constants;

/** Whether a request that failed so cannot have reached anyone who would act on it. */
export function wasNeverHandled(error: unknown, rstCode: number): boolean {
  if (rstCode === NGHTTP2_REFUSED_STREAM) return true;
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === "ECONNREFUSED" || code === "ERR_HTTP2_GOAWAY_SESSION" || code === "ERR_HTTP2_INVALID_SESSION";
}

/** Whether doing it twice is the same as doing it once: it only reads, or it has a name by which a repetition is known. */
export function isRepeatable(
  method: DescMethod,
  wire: Wire | undefined,
  body: Uint8Array,
  isCompressed: boolean,
): boolean {
  if (method.idempotency !== MethodOptions_IdempotencyLevel.IDEMPOTENCY_UNKNOWN) return true;
  if (method.methodKind !== "unary" || wire === undefined || isCompressed) return false;
  const field = method.input.fields.find(({ name }) => name === "request_id");
  if (field === undefined) return false;
  try {
    const message = read(method, wire, wire.framed ? body.subarray(framePrefix) : body);
    const requestId = (message as unknown as Record<string, unknown>)[field.localName];
    return typeof requestId === "string" && requestId !== "";
  } catch {
    // What the part could not read either is not sent twice.
    return false;
  }
}

function read({ input }: DescMethod, wire: Wire, bytes: Uint8Array): Message {
  if (!wire.json) return fromBinary(input, bytes);
  return fromJson(input, JSON.parse(new TextDecoder().decode(bytes)) as JsonValue, { ignoreUnknownFields: true });
}
