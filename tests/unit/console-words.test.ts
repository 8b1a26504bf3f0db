import { expect, test } from "vitest";
import { findEmojis } from "../../web/src/emoji/emoji-data.ts";
import { complete, mentionAt, suggest } from "../../web/src/mentions/suggest.ts";
import { reactedText } from "../../web/src/reactions/reacted-text.ts";
import { blockedWordsFrom } from "../../web/src/rooms/blocked-words.ts";
import { piecesOf } from "../../web/src/text/pieces.ts";

const people = ["bob", "Bobby", "rob", "alice"].map((username, index) => ({ userId: String(index + 1), username }));

test("mentions are marked where the service saw them, and nowhere else", () => {
  const bob = { userId: "1", username: "bob" };
  const marked = (text: string, mentions = [bob]) =>
    piecesOf(text, mentions).flatMap(({ text: words, userId }) => (userId === undefined ? [] : [words]));
  expect(marked("hi @bob.")).toEqual(["@bob"]);
  expect(marked("hi @BOB, and @bob again")).toEqual(["@BOB", "@bob"]);
  expect(marked("mail me@bob or @bobby")).toEqual([]);
  expect(marked("hi @bob", [])).toEqual([]);
  expect(marked("https://example.org/@bob")).toEqual([]);
  for (const text of ["hi @bob.", "@bob https://example.org/@bob (@bob)"]) {
    expect(
      piecesOf(text, [bob])
        .map((piece) => piece.text)
        .join(""),
    ).toBe(text);
  }
});

test("whom one may mean: those whose name begins so first", () => {
  expect(suggest(people, "bo").map(({ username }) => username)).toEqual(["bob", "Bobby"]);
  expect(suggest(people, "ob").map(({ username }) => username)).toEqual(["bob", "Bobby", "rob"]);
  expect(suggest(people, "zoe")).toEqual([]);
});

test("a mention is begun by an @ at the beginning of a word, and completed in its place", () => {
  expect(mentionAt("hi @bo", 6)).toEqual({ start: 3, words: "bo" });
  expect(mentionAt("hi @bo there", 6)).toEqual({ start: 3, words: "bo" });
  expect(mentionAt("mail me@bo", 10)).toBeUndefined();
  expect(mentionAt("hi @bo ", 7)).toBeUndefined();
  expect(complete("hi @bo there", 6, { start: 3, words: "bo" }, "bob")).toEqual({ text: "hi @bob there", caret: 8 });
});

test("who reacted, in words", () => {
  const names = new Map([
    ["2", "bob"],
    ["3", "carol"],
  ]);
  const text = (userIds: string[], count = userIds.length) =>
    reactedText({ userIds, count }, "1", (id) => names.get(id));
  expect(text(["1"])).toBe("You");
  expect(text(["2", "1"])).toBe("You and bob");
  expect(text(["1", "2", "3"])).toBe("You, bob and carol");
  expect(text(["1", "2"], 250)).toBe("You, bob and 248 others");
  expect(text(["9"])).toBe("1 person");
});

test("emoji are found by what they are called", () => {
  expect(findEmojis("tomato")[0]?.emoji).toBe("🍅");
  expect(findEmojis("grin").length).toBeGreaterThan(3);
  expect(findEmojis("no such emoji")).toEqual([]);
});

test("blocked words: one on each line, each once", () => {
  expect(blockedWordsFrom(" salt \n\nsalt\npoison")).toEqual(["salt", "poison"]);
});
