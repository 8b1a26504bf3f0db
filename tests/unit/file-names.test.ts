import { expect, test } from "vitest";
import { cleanedName, disposition } from "#src/chat/attachments/file-names.ts";

test.each([
  ["photo.jpg", "photo.jpg"],
  ["/etc/passwd", "passwd"],
  ["C:\\temp\\x.doc", "x.doc"],
  ["..", "file"],
  ["...hidden", "hidden"],
  ["", "file"],
  ["a\r\nb: c\0.txt", "ab: c.txt"],
  ["invoice\u{202e}fdp.exe", "invoicefdp.exe"],
  ["  two   words ", "two words"],
  ["e\u0301.txt", "é.txt"],
  [`${"x".repeat(300)}.jpeg`, `${"x".repeat(195)}.jpeg`],
  ["\ud800", "\ufffd"],
])("the name %j is kept as %j", (sent, kept) => {
  expect(cleanedName(sent)).toBe(kept);
});

test("a name in a header breaks out of nothing", () => {
  expect(disposition("attachment", 'a"b\\ü(1).txt')).toBe(
    "attachment; filename=\"a_b__(1).txt\"; filename*=UTF-8''a%22b%5C%C3%BC%281%29.txt",
  );
});
