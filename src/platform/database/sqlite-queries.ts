import { type CompiledQuery, Kysely, type QueryResult, SqliteDialect } from "kysely";
import type { SqliteStatements } from "./sqlite-statements.ts";

/**
 * Kysely over one SQLite connection. What is compiled already goes straight to its statement: on the way through
 * Kysely's drivers it would wait for a connection that is always there.
 */
export class SqliteQueries<Tables> extends Kysely<Tables> {
  readonly #statements: SqliteStatements;

  constructor(statements: SqliteStatements) {
    super({ dialect: new SqliteDialect({ database: statements }) });
    this.#statements = statements;
  }

  override async executeQuery<Row>(query: Parameters<Kysely<Tables>["executeQuery"]>[0]): Promise<QueryResult<Row>> {
    const { sql, parameters } = ("compile" in query ? query.compile() : query) as CompiledQuery<Row>;
    const statement = this.#statements.prepare(sql);
    if (statement.reader) return { rows: statement.all(parameters) as Row[] };
    const { changes } = statement.run(parameters);
    return { rows: [], numAffectedRows: BigInt(changes) };
  }
}
