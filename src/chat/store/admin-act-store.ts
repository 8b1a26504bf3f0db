import type { Queries } from "../../platform/database/database.ts";
import type { RoomId } from "../../platform/ids.ts";
import type { AuditedAct } from "../../platform/peers/peers.ts";
import type { UntoldActs } from "../../platform/peers/tell-audits.ts";
import type { ChatTables } from "../tables.ts";

/** What administrators did in rooms and the audit log does not hold yet. */
export interface AdminActStore extends UntoldActs<ChatTables> {
  insert(tx: Queries<ChatTables>, act: AuditedAct & { readonly targetRoomId: RoomId }): Promise<void>;
}
