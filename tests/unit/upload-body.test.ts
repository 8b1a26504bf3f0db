import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { uploadBodyOf } from "#src/chat/attachments/upload-body.ts";
import { IncomingStalled } from "#src/platform/files/files.ts";
import type { HttpExchange } from "#src/platform/http/http-exchange.ts";
import { limits } from "#src/platform/limits.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

test("a form whose file never comes is given up", async () => {
  async function* body(): AsyncIterable<Uint8Array> {
    yield Buffer.from('--b\r\ncontent-disposition: form-data; name="note"\r\n\r\nsome wor');
    await new Promise(() => undefined);
  }
  const headers: Record<string, string> = { "content-type": "multipart/form-data; boundary=b" };
  const exchange = { header: (name: string) => headers[name], target: "/files", body } as unknown as HttpExchange;
  const refused = expect(uploadBodyOf(exchange)).rejects.toThrow(IncomingStalled);
  await vi.advanceTimersByTimeAsync(limits.port.stalledBodyMs);
  await refused;
});
