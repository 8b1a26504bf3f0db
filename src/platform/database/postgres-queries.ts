import {
  type CompiledQuery,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from "kysely";

/** Runs a query. One that is prepared keeps its plan on the connection, under a name. */
export type RunQuery = <Row>(query: CompiledQuery<Row>, isPrepared: boolean) => Promise<QueryResult<Row>>;

/** One for all connections: what is compiled for one runs on every other. */
const adapter = new PostgresAdapter();

function driverOf(run: RunQuery): Driver {
  const connection = {
    executeQuery: <Row>(query: CompiledQuery) => run(query as CompiledQuery<Row>, false),
    // biome-ignore lint/correctness/useYield: Kysely asks for a generator; no query of ours is read piece by piece.
    async *streamQuery(): AsyncGenerator<never> {
      throw new Error("queries are not read piece by piece");
    },
  };
  const noTransactions = async () => {
    throw new Error("transactions are begun by Database.write");
  };
  return {
    init: async () => {},
    acquireConnection: async () => connection,
    releaseConnection: async () => {},
    beginTransaction: noTransactions,
    commitTransaction: noTransactions,
    rollbackTransaction: noTransactions,
    destroy: async () => {},
  };
}

/** Kysely over whatever runs its queries. What is compiled already has a name on every connection that has run it. */
export class PostgresQueries<Tables> extends Kysely<Tables> {
  readonly #run: RunQuery;

  constructor(run: RunQuery) {
    super({
      dialect: {
        createAdapter: () => adapter,
        createDriver: () => driverOf(run),
        createIntrospector: (db) => new PostgresIntrospector(db),
        createQueryCompiler: () => new PostgresQueryCompiler(),
      },
    });
    this.#run = run;
  }

  override async executeQuery<Row>(query: Parameters<Kysely<Tables>["executeQuery"]>[0]): Promise<QueryResult<Row>> {
    if ("compile" in query) return this.#run(query.compile() as CompiledQuery<Row>, false);
    return this.#run(query as CompiledQuery<Row>, true);
  }
}
