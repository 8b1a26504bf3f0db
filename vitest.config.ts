import { defineConfig } from "vitest/config";

/** Tests start real servers: each has time to spare on a busy machine. */
const patience = { testTimeout: 60_000, hookTimeout: 60_000 };

const project = (name: string, folders: readonly string[], more: object = {}) => ({
  test: { name, include: folders.map((folder) => `tests/${folder}/**/*.test.ts`), ...patience, ...more },
});
/** A PostgreSQL server is started before they run, and ended after. */
const withPostgres = { globalSetup: "tests/kit/postgres-setup.ts" };
/** A missing server is a failure; leaving its tests out is asked for by name. */
const without = (process.env.VEZA_TEST_WITHOUT ?? "").split(",");
/** What processes of a cluster share. */
const asClusters = {
  VEZA_TEST_DATABASE: "postgres",
  ...(!without.includes("nats") && { VEZA_TEST_BUS: "nats" }),
};
/** What asks no database says the same with another one. */
const withoutDatabase = ["tests/rpc/protocols.test.ts"];

export default defineConfig({
  test: {
    // One more than most machines that run this have cores: many tests wait for the time to pass.
    maxWorkers: 3,
    projects: [
      // What Node and PostgreSQL can run: this is `npm test`.
      project("unit", ["unit"]),
      project("rpc", ["rpc"]),
      ...(without.includes("postgres")
        ? []
        : [project("rpc-postgres", ["rpc"], { ...withPostgres, env: asClusters, exclude: withoutDatabase })]),
      project("system", ["contract", "system"], withPostgres),
      // What also needs Chromium, or curl, buf and Python's gRPC.
      project("browser", ["e2e"], { globalSetup: "tests/e2e/build-console.ts", expect: { poll: { timeout: 15_000 } } }),
      project("clients", ["clients"]),
      // What also needs NATS, and takes its time: every process of a cluster is killed in turn.
      ...(without.includes("postgres") || without.includes("nats") ? [] : [project("cluster", ["cluster"])]),
      // What also needs Prometheus.
      project("operations", ["operations"]),
    ],
  },
});
