import type { AuditAction } from "#gen/veza/auth/v1/audit_pb.ts";
import type { UserId } from "../platform/ids.ts";

/** What an administrator did to an account. The database refuses to change or delete what is kept of it. */
export interface Audited {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly actorId: UserId;
  readonly action: AuditAction;
  readonly targetUserId: UserId;
  /** What is to be known besides, for a person to read. */
  readonly details: string;
}

export interface AuditEntry extends Audited {
  /** From 1, without holes. */
  readonly sequence: number;
}
