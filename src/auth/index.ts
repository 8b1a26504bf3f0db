import { migrate } from "../platform/database/migrate.ts";
import type { PermissionPeers } from "../platform/peers/peers.ts";
import type { Platform } from "../platform/platform.ts";
import type { Auth } from "./auth.ts";
import { authMigrations } from "./migrations.ts";
import { createOutsideAuth } from "./outside-auth.ts";
import { createOwnAuth } from "./own-auth.ts";
import { createSqlStore } from "./sql-store.ts";
import { createSqlVisitors } from "./sql-visitors.ts";
import type { AuthTables } from "./tables.ts";

export type { Auth } from "./auth.ts";

/**
 * Opens auth on its tables and keys, and takes up what was revoked before. `peers` is asked when a call needs it, as the
 * services are built one after the other. Throws when the tables or the key files cannot be used.
 */
export async function createAuth(needs: { platform: Platform; peers: () => PermissionPeers }): Promise<Auth> {
  const { platform, peers } = needs;
  await migrate(platform.database, "auth", authMigrations);
  const database = platform.database.withTables<AuthTables>("auth");
  const { outsideIssuer } = platform.config;
  const store = createSqlStore(database);
  return outsideIssuer === undefined
    ? createOwnAuth({ platform, peers, store })
    : createOutsideAuth({ platform, peers, outsideIssuer, store, visitors: createSqlVisitors(database) });
}
