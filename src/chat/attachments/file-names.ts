import { limits } from "../../platform/limits.ts";

/** What a file is called when its sender does not say. */
const nameless = "file";

/**
 * A file's name as it is kept and shown: the last part of a path, in one line, without characters that turn text around
 * or cannot be seen, not too long, with its ending.
 */
export function cleanedName(name: string): string {
  const last = name.toWellFormed().normalize("NFC").split(/[/\\]/).at(-1) ?? "";
  const seen = last
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}]/gu, "")
    .replace(/\s+/g, " ")
    .trim()
    .replace(/^\.+/, "");
  return shortened([...seen]) || nameless;
}

function shortened(characters: string[]): string {
  const { nameCharacters } = limits.files;
  if (characters.length <= nameCharacters) return characters.join("");
  const ending = /\.[a-z0-9]{1,10}$/i.exec(characters.join(""))?.[0] ?? "";
  return characters.slice(0, nameCharacters - ending.length).join("") + ending;
}

/** As a `content-disposition` says it: RFC 6266, with the name in full for who reads RFC 8187. */
export function disposition(kind: "inline" | "attachment", name: string): string {
  const plain = name.replace(/[^\x20-\x7e]/g, "_").replace(/["\\%]/g, "_");
  const full = encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return `${kind}; filename="${plain}"; filename*=UTF-8''${full}`;
}
