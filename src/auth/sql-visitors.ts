import type { Database } from "../platform/database/database.ts";
import type { UserId } from "../platform/ids.ts";
import type { AuthTables } from "./tables.ts";
import type { Visitors } from "./visitors.ts";

export function createSqlVisitors(database: Database<AuthTables>): Visitors {
  async function find(ids: readonly UserId[]) {
    if (ids.length === 0) return [];
    return database.read.selectFrom("auth_visitors").selectAll().where("id", "in", ids.map(Number)).execute();
  }

  return {
    async welcome({ userId, username, role }, at) {
      const [known] = await find([userId]);
      if (known?.username === username && known.role === role) return;
      await database.write((tx) =>
        tx
          .insertInto("auth_visitors")
          .values({ id: Number(userId), username, role, first_seen_at: at })
          .onConflict((conflict) => conflict.column("id").doUpdateSet({ username, role }))
          .execute(),
      );
    },

    async accounts(ids) {
      const rows = await find(ids);
      return rows.map((row) => ({
        id: String(row.id) as UserId,
        username: row.username,
        email: "",
        firstName: "",
        lastName: "",
        role: row.role,
        isActive: true,
        isVerified: false,
        createdAt: Number(row.first_seen_at),
        lastLoginAt: undefined,
        tokensValidFrom: 0,
      }));
    },
  };
}
