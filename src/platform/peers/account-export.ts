import type { UserId } from "../ids.ts";

/** What is plain JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** A part of what a service keeps of a person. */
export interface ExportPage {
  readonly section: string;
  readonly values: readonly Json[];
  /** Where to go on; empty at the end. Pages of one section follow one another. */
  readonly next: string;
}

/** Hands out what a service keeps of a person, a page at a time; the first page is at the empty cursor. */
export type AccountExporter = (userId: UserId, cursor: string) => Promise<ExportPage>;

/** One kind of what a service keeps of persons. */
export interface ExportSection {
  readonly name: string;
  /** What comes after a key, in the order of keys, at most `limit`. The empty key comes before all. */
  read(
    userId: UserId,
    after: string,
    limit: number,
  ): Promise<readonly { readonly key: string; readonly value: Json }[]>;
}

const valuesAtOnce = 200;

/** An exporter of these sections, one after the other. */
export function createAccountExporter(sections: readonly ExportSection[]): AccountExporter {
  return async (userId, cursor) => {
    const [index, after] = cursor === "" ? [0, ""] : (JSON.parse(cursor) as [number, string]);
    const section = sections[index];
    if (section === undefined) throw new Error(`no section ${index} to export`);
    const found = await section.read(userId, after, valuesAtOnce);
    const last = found.at(-1);
    const values = found.map(({ value }) => value);
    const goesOn = found.length === valuesAtOnce && last !== undefined;
    const next = goesOn ? [index, last.key] : [index + 1, ""];
    return {
      section: section.name,
      values,
      next: !goesOn && index + 1 === sections.length ? "" : JSON.stringify(next),
    };
  };
}

/** Milliseconds since 1970 as people and programs read it. */
export const dateOf = (at: number | null | undefined): string | null =>
  at == null ? null : new Date(Number(at)).toISOString();

/** What a value of an enum is called. */
export function nameIn(names: Readonly<Record<string, number>>, value: number): string {
  return Object.keys(names).find((name) => names[name] === value) ?? "";
}
