import { administer, startPostgres } from "../../tests/kit/postgres.ts";

/** Makes a database, and answers with its address. */
export type MakeDatabase = (name: string) => Promise<string>;

/** A server that waits for the disk, ended with the stack; undefined without PostgreSQL. */
export async function postgresServer(stack: AsyncDisposableStack): Promise<MakeDatabase | undefined> {
  try {
    const server = stack.use(await startPostgres({ durable: true }));
    return async (name) => {
      await administer(server, `CREATE DATABASE ${name}`);
      return server.url(name);
    };
  } catch (error) {
    process.stderr.write(`without PostgreSQL: ${(error as Error).message}\n`);
    return undefined;
  }
}

/** The address of a new database on a server of its own; undefined without PostgreSQL. */
export async function postgresUrl(stack: AsyncDisposableStack): Promise<string | undefined> {
  const make = await postgresServer(stack);
  return make?.("bench");
}
