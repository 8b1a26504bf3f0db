import { administer, startPostgres } from "../../tests/kit/postgres.ts";

/** The address of a new database on a server that waits for the disk, ended with the stack; undefined without PostgreSQL. */
export async function postgresUrl(stack: AsyncDisposableStack): Promise<string | undefined> {
  try {
    const server = stack.use(await startPostgres({ durable: true }));
    await administer(server, "CREATE DATABASE bench");
    return server.url("bench");
  } catch (error) {
    process.stderr.write(`without PostgreSQL: ${(error as Error).message}\n`);
    return undefined;
  }
}
