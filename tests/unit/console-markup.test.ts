import fc from "fast-check";
import { expect, test } from "vitest";
import { runsOf, soughtWords } from "../../web/src/search/found-words.ts";
import { blocksOf, isInFence, plainText, type Stretch, stretchesOf } from "../../web/src/text/markup.ts";

/** Stretches as the tags that they are shown with. */
const shown = (text: string): string => stretchesOf(text).map(tagged).join("");

function tagged(stretch: Stretch): string {
  if (stretch.kind === "words") return stretch.text;
  if (stretch.kind === "code") return `<code>${stretch.text}</code>`;
  return `<${stretch.kind}>${stretch.inside.map(tagged).join("")}</${stretch.kind}>`;
}

test("emphasis and code, as people write them", () => {
  expect(shown("**both** of *them* and _this_, ~~not that~~")).toBe(
    "<strong>both</strong> of <em>them</em> and <em>this</em>, <struck>not that</struck>",
  );
  expect(shown("**strong with *more* in it**")).toBe("<strong>strong with <em>more</em> in it</strong>");
  expect(shown("run `npm test -- *.ts` now")).toBe("run <code>npm test -- *.ts</code> now");
  expect(shown("a tick: `` ` `` and **`code`**")).toBe("a tick: <code>`</code> and <strong><code>code</code></strong>");
});

test("signs that mean something else stay as they are", () => {
  const plain = [
    "2*3*4 = 24 and 5 * 3 * 2",
    "snake_case_name and __init__",
    "a * b * c",
    "*not closed",
    "a line *that\nends* here",
    "** nothing **",
    "https://example.org/a_b_c and https://example.org/_x_",
    "a ` tick",
    "5 ~~ 6",
  ];
  for (const text of plain) expect(shown(text)).toBe(text);
});

test("code in fences and quotes stand by themselves", () => {
  expect(blocksOf("Try this:\n\n```ts\nconst a = *b*;\n\n> c\n```\nDone")).toEqual([
    { kind: "words", text: "Try this:" },
    { kind: "code", language: "ts", text: "const a = *b*;\n\n> c" },
    { kind: "words", text: "Done" },
  ]);
  expect(blocksOf("> one\n> two\nthree")).toEqual([
    { kind: "quote", text: "one\ntwo" },
    { kind: "words", text: "three" },
  ]);
  expect(blocksOf("```\nnot closed")).toEqual([{ kind: "words", text: "```\nnot closed" }]);
  expect(blocksOf("a > b\n>no")).toEqual([{ kind: "words", text: "a > b\n>no" }]);
  expect([isInFence("```ts\nlet a"), isInFence("```\na\n```"), isInFence("a ``` b")]).toEqual([true, false, false]);
});

test("nothing that was written is lost, whatever the signs", () => {
  const line = fc.string({
    unit: fc.constantFrom("a", "b", " ", "*", "_", "~", "`", "\n", ">", "(", "."),
    maxLength: 60,
  });
  fc.assert(
    fc.property(line, (text) => {
      const letters = (words: string) => words.replace(/[^ab().]/g, "");
      expect(letters(plainText(text))).toBe(letters(text));
    }),
  );
});

test("a message of nothing but signs is read in no time to speak of", () => {
  for (const sign of ["*", "_", "**", "~~", "`", "*a ", "_a", "*_", "`a``"]) {
    // Without a bound it would be 4000 times 4000 steps, again for every depth: the test would not end.
    expect(stretchesOf(sign.repeat(4000 / sign.length)).length).toBeGreaterThan(0);
  }
});

test("what was looked for is pointed out: whole words, and what the last one begins", () => {
  const found = (query: string, text: string) =>
    runsOf(text, soughtWords(query)).flatMap(({ text: run, isFound }) => (isFound ? [run] : []));
  expect(found("tom", "Tomatoes and an atom, Tom.")).toEqual(["Tomatoes", "Tom"]);
  expect(found("cafe m", "Un café au Marché, sans cafetière")).toEqual(["café", "Marché"]);
  expect(found("", "anything")).toEqual([]);
  fc.assert(
    fc.property(fc.string(), fc.string(), (query, text) => {
      expect(
        runsOf(text, soughtWords(query))
          .map((run) => run.text)
          .join(""),
      ).toBe(text);
    }),
  );
});
