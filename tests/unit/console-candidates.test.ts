import { expect, test } from "vitest";
import { createCandidates } from "../../web/src/mentions/candidates.ts";

/** A room of so many members, and how many pages of them were asked for. */
function roomOf(members: number) {
  const asked: number[] = [];
  const chat = {
    async listMembers({ pageSize, pageToken }: { pageSize: number; pageToken: string }) {
      const from = Number(pageToken || 0);
      asked.push(from);
      const to = Math.min(from + pageSize, members);
      const page = Array.from({ length: to - from }, (_, index) => ({
        userId: String(from + index),
        username: `${(from + index) % 2 === 0 ? "even" : "odd"}-${from + index}`,
      }));
      return { members: page, nextPageToken: to < members ? String(to) : "" };
    },
  };
  const candidates = createCandidates({ chat } as never, { known: () => undefined } as never).in("room");
  return { candidates, asked, seek: (words: string) => candidates.seek(words, new AbortController().signal) };
}

test("members are read on until enough names begin as it was written", async () => {
  const { candidates, asked, seek } = roomOf(1_000);
  await seek("odd");
  expect(asked).toEqual([0]);
  await seek("even-99");
  expect(candidates.list.value.some(({ username }) => username === "even-998")).toBe(true);
  expect(asked).toEqual([0, 200, 400, 600, 800]);
  await seek("nobody");
  expect(asked).toHaveLength(5);
});

test("of a room without an end so many are read, and no more", async () => {
  const { asked, seek } = roomOf(1_000_000);
  await seek("nobody");
  expect(asked).toHaveLength(25);
});
