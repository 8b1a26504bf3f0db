import type { ServiceImpl } from "@connectrpc/connect";
import type { AuthService } from "#gen/veza/auth/v1/auth_service_pb.ts";

/** What answers some of the calls of AuthService; several make up all of it. */
export type AuthHandlers = Partial<ServiceImpl<typeof AuthService>>;
