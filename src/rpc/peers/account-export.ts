import type { Client } from "@connectrpc/connect";
import { AccountExportService } from "#gen/veza/internal/v1/account_export_service_pb.ts";
import { Failure, Reason } from "../../platform/failure.ts";
import type { UserId } from "../../platform/ids.ts";
import type { AccountExporter, Json } from "../../platform/peers/account-export.ts";
import { routes, type ServiceRoutes } from "../routes.ts";

/** What the services of this process export, for a gateway elsewhere. */
export function serveAccountExport(exporters: Readonly<Record<string, AccountExporter | undefined>>): ServiceRoutes {
  return routes(AccountExportService, {
    async exportAccount({ service, userId, cursor }) {
      const exporter = exporters[service];
      if (exporter === undefined) throw new Failure(Reason.UNAVAILABLE, { retryAfterMs: 1000 });
      const { section, values, next } = await exporter(userId as UserId, cursor);
      return { section, values: values.map((value) => JSON.stringify(value)), next };
    },
  });
}

/** The same, asked for from another part. */
export function remoteAccountExport(client: Client<typeof AccountExportService>, service: string): AccountExporter {
  return async (userId, cursor) => {
    const { section, values, next } = await client.exportAccount({ service, userId, cursor });
    return { section, values: values.map((value) => JSON.parse(value) as Json), next };
  };
}
