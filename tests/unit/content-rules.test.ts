import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contentFault, holdsBlockedWord } from "#src/chat/content-rules.ts";

describe("blocked words", () => {
  test.each([
    ["this is spam", ["spam"], true],
    ["This is SPAM!", ["spam"], true],
    ["spam", ["spam"], true],
    ["(spam)", ["spam"], true],
    ["no-spam-here", ["spam"], true],
    ["spammer", ["spam"], false],
    ["antispam", ["spam"], false],
    ["antispam and spam", ["spam"], true],
    ["class", ["ass"], false],
    ["s\u200bpa\u00adm", ["spam"], true],
    ["ｓｐａｍ", ["spam"], true],
    ["cafe\u0301", ["café"], true],
    ["cafes", ["cafe"], false],
    ["STRASSE", ["strasse"], true],
    ["you can buy now, really", ["buy now"], true],
    ["I write c++ daily", ["c++"], true],
    ["the c++17 standard", ["c++"], true],
    ["你是傻瓜吗", ["傻瓜"], true],
    ["𝒜spam", ["spam"], false],
    ["😀spam😀", ["spam"], true],
    ["anything", [], false],
    ["anything", ["\u200b"], false],
  ])("%j with %j: %s", (text, words, expected) => {
    expect(holdsBlockedWord(text, words)).toBe(expected);
  });

  test("a word between spaces is always found, whatever surrounds it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (left, right) => {
        expect(holdsBlockedWord(`${left} spam ${right}`, ["spam"])).toBe(true);
      }),
      { seed: 20261122 },
    );
  });
});

describe("content", () => {
  test.each(["a", " a ", "😀", "\u200da", "."])("%j can be said", (content) => {
    expect(contentFault(content)).toBeUndefined();
  });

  test.each([" ", "\n\t", "\u00a0\u3000", "\u200b", "\u200b \u2060", "\u0007"])("%j cannot be said", (content) => {
    expect(contentFault(content)).toMatch(/^content /);
  });
});
