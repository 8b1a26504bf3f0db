import type { Queries } from "./database.ts";

/** How far a service has followed what others tell it, by the name of what they tell. */
export interface CursorsTable {
  name: string;
  sequence: number;
}

/** A place in what somebody else counts from 1. */
export interface Cursor<Tables> {
  /** The last number that was followed to its end; 0 before the first. */
  at(queries: Queries<Tables>): Promise<number>;
  moveTo(tx: Queries<Tables>, sequence: number): Promise<void>;
}

/** A cursor in SQL, in the table of this name. */
export function createSqlCursor<Tables>(table: keyof Tables & string, name: string): Cursor<Tables> {
  // Whatever it is called, it has the columns of every such table.
  const own = (queries: Queries<Tables>) => queries as unknown as Queries<{ cursors: CursorsTable }>;
  const cursors = table as string as "cursors";
  return {
    async at(queries) {
      const row = await own(queries).selectFrom(cursors).select("sequence").where("name", "=", name).executeTakeFirst();
      return Number(row?.sequence ?? 0);
    },
    async moveTo(tx, sequence) {
      await own(tx)
        .insertInto(cursors)
        .values({ name, sequence })
        .onConflict((conflict) => conflict.column("name").doUpdateSet({ sequence }))
        .execute();
    },
  };
}
