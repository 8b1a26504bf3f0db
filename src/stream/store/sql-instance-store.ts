import type { InstanceId } from "../../platform/ids.ts";
import type { InstanceStore } from "./instance-store.ts";

/** Instances in SQL. */
export function createSqlInstanceStore(): InstanceStore {
  return {
    async insert(tx, id) {
      await tx.insertInto("stream_instances").values({ id, beat: 0 }).execute();
    },
    async beat(tx, id) {
      const { numUpdatedRows } = await tx
        .updateTable("stream_instances")
        .set((eb) => ({ beat: eb("beat", "+", 1) }))
        .where("id", "=", id)
        .executeTakeFirstOrThrow();
      return Number(numUpdatedRows) > 0;
    },
    async all(queries) {
      const rows = await queries.selectFrom("stream_instances").selectAll().execute();
      return rows.map(({ id, beat }) => ({ id: id as InstanceId, beat: Number(beat) }));
    },
    async removeSilent(tx, id, beat) {
      const { numDeletedRows } = await tx
        .deleteFrom("stream_instances")
        .where("id", "=", id)
        .where("beat", "=", beat)
        .executeTakeFirstOrThrow();
      return Number(numDeletedRows) > 0;
    },
    async remove(tx, id) {
      await tx.deleteFrom("stream_instances").where("id", "=", id).execute();
    },
    async removeAll(tx) {
      await tx.deleteFrom("stream_instances").execute();
    },
  };
}
