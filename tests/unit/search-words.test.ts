import fc from "fast-check";
import { expect, test } from "vitest";
import { readQuery, wordsIn } from "#src/chat/store/search-words.ts";

const letters = [..."abAé1 .,-_ßİﬁǅ東京都 ー゛かガｶﾞไทย्नम한글😀\u{20000}'\"*:"];
const text = fc.array(fc.constantFrom(...letters), { maxLength: 12 }).map((each) => each.join(""));

test("whatever a text holds, its words in the index lead to", () => {
  fc.assert(
    fc.property(text, text, (said, asked) => {
      const { terms, isIn } = readQuery(asked);
      const held = wordsIn(said);
      const leads = terms.every(({ word, isBeginning }) =>
        held.some((each) => (isBeginning ? each.startsWith(word) : each === word)),
      );
      if (isIn(said)) expect(leads, `${JSON.stringify(said)} for ${JSON.stringify(asked)}`).toBe(true);
    }),
    { numRuns: 20_000, seed: 1 },
  );
});

test("a text is found by itself, and by every beginning of its last word", () => {
  fc.assert(
    fc.property(text, (said) => {
      expect(readQuery(said).isIn(said)).toBe(true);
    }),
    { numRuns: 5_000, seed: 1 },
  );
  for (const asked of ["t", "tu", "tune", "my tu"]) expect(readQuery(asked).isIn("My tune"), asked).toBe(true);
  for (const asked of ["une", "m tune", "tunes"]) expect(readQuery(asked).isIn("My tune"), asked).toBe(false);
});

test("words are what the index can hold: without white space, quotes and its own signs, and not empty", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 50 }), (said) => {
      for (const word of wordsIn(said)) expect(word).toMatch(/^[^\s'"\\:|&!()*\p{Cc}]+$/u);
    }),
    { numRuns: 5_000, seed: 1 },
  );
});

test("of scripts without spaces, pairs of letters; of others, words", () => {
  expect(wordsIn("東京都, Tokyo 2025年")).toEqual(["tokyo", "2025", "東京", "京都", "都", "年"]);
  expect(readQuery("東京都 to").terms).toEqual([
    { word: "東京", isBeginning: false },
    { word: "京都", isBeginning: false },
    { word: "to", isBeginning: true },
  ]);
  expect(readQuery("都").terms).toEqual([{ word: "都", isBeginning: true }]);
  expect(readQuery("!?").terms).toEqual([]);
});
