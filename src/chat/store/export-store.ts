import type { Queries } from "../../platform/database/database.ts";
import type { ExportSection } from "../../platform/peers/account-export.ts";
import type { ChatTables } from "../tables.ts";

/** Reads what chat keeps of a person, for that person. A page costs what it holds. */
export interface ExportStore {
  sections(queries: Queries<ChatTables>): readonly ExportSection[];
}
