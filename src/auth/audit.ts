import type { AuditAction } from "#gen/veza/auth/v1/audit_pb.ts";
import type { UserId } from "../platform/ids.ts";

/** What an administrator did to an account, to a stream, or in a room. The database refuses to change or delete what is kept of it. */
export interface Audited {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly actorId: UserId;
  readonly action: AuditAction;
  /** Whose account it is, or whose stream; "0" for nobody's. */
  readonly targetUserId: UserId;
  /** Absent for what was done to an account. */
  readonly targetStreamId?: string;
  readonly targetRoomId?: string;
  /** What is to be known besides, for a person to read. */
  readonly details: string;
  /** Names what is told by another service, which may tell it twice. */
  readonly id?: string;
}

export interface AuditEntry extends Omit<Audited, "id"> {
  /** From 1, without holes. */
  readonly sequence: number;
}
