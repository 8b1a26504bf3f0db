import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { MessageSchema } from "#gen/veza/chat/v1/message_pb.ts";
import type { Clients } from "../../web/src/app/clients.ts";
import { createSearch } from "../../web/src/search/search.ts";

/** A service whose pages hold so many messages each; every call waits to be let go on. */
function service(pages: readonly number[]) {
  const asked: { pageSize: number; pageToken: string }[] = [];
  let release: (error?: Error) => void = () => {};
  const searchMessages = async (
    { pageSize = 0, pageToken = "" }: { pageSize?: number; pageToken?: string },
    { signal }: { signal: AbortSignal },
  ) => {
    asked.push({ pageSize, pageToken });
    await new Promise<void>((resolve, reject) => {
      release = (error) => (error === undefined ? resolve() : reject(error));
      signal.addEventListener("abort", () => reject(new ConnectError("gone", Code.Canceled)));
    });
    const index = Number(pageToken);
    const messages = Array.from({ length: pages[index] ?? 0 }, (_, n) =>
      create(MessageSchema, { id: `${index}.${n}` }),
    );
    return { messages, nextPageToken: index + 1 < pages.length ? `${index + 1}` : "" };
  };
  const search = createSearch({ chat: { searchMessages } as unknown as Clients["chat"] });
  search.words.value = "tune";
  const letGo = async (error?: Error): Promise<void> => {
    release(error);
    await new Promise((done) => setTimeout(done));
  };
  return { search, asked, letGo };
}

test("goes on over pages that are short or empty until one is full, and shows what it has meanwhile", async () => {
  const { search, asked, letGo } = service([0, 10, 0, 15, 5]);
  void search.run();
  await letGo();
  expect(search.found.value).toEqual([]);
  expect(search.isBusy.value).toBe(true);
  await letGo();
  expect(search.found.value).toHaveLength(10);
  await letGo();
  expect(search.isBusy.value).toBe(true);
  await letGo();
  expect(search.found.value).toHaveLength(25);
  expect(search.isBusy.value).toBe(false);
  expect(search.nextPage.value).toBe("4");
  expect(asked.map(({ pageSize }) => pageSize)).toEqual([25, 25, 15, 15]);
  void search.more();
  await letGo();
  expect(search.found.value).toHaveLength(30);
  expect(new Set(search.found.value?.map(({ id }) => id)).size).toBe(30);
  expect(search.nextPage.value).toBe("");
});

test("can be stopped, and goes on from there", async () => {
  const { search, asked, letGo } = service([3, 0, 4]);
  void search.run();
  await letGo();
  search.stop();
  await letGo();
  expect(search.isBusy.value).toBe(false);
  expect(search.problem.value).toBe(undefined);
  expect(search.found.value).toHaveLength(3);
  void search.more();
  await letGo();
  await letGo();
  expect(search.found.value).toHaveLength(7);
  expect(asked.map(({ pageToken }) => pageToken)).toEqual(["", "1", "1", "2"]);
});

test("a failure on the way keeps what was found", async () => {
  const { search, letGo } = service([3, 4]);
  void search.run();
  await letGo();
  await letGo(new ConnectError("part down", Code.Unavailable));
  expect(search.problem.value).toBeDefined();
  expect(search.isBusy.value).toBe(false);
  expect(search.found.value).toHaveLength(3);
  expect(search.nextPage.value).toBe("1");
});
